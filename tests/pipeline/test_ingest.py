"""What any CI tells of: the same whatever the order and however often, evidence of flakes, and nothing by halves."""

import asyncio
import gzip
import io
import tempfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.demo.clock import MovingClock
from etl.errors import ConflictError, DataError
from etl.extract.told import parse
from etl.pipeline.context import Pipeline
from etl.pipeline.ingest import ingest
from etl.queries import QUESTIONS
from etl.settings import InfluxSettings
from tests.pipeline.ingested import PROJECT, USUAL, delivered, opened, outbox, report, stored, told
from tests.pipeline.world import DAY, HOUR, NOON

MONTH = {"start": NOON - 30 * DAY, "stop": NOON + 30 * DAY}

EXECUTIONS = st.builds(
    lambda job, attempt, red, minute, conclusion: (
        {
            "job": job,
            "attempt": str(attempt),
            "started": str(NOON - 600 * minute),
            "duration": "90",
            "conclusion": conclusion,
        },
        report("a", failing={"b": "boom"}) if red else report("a", "b"),
    ),
    st.sampled_from(["unit", "e2e 1/2", "e2e 2/2"]),
    st.integers(1, 3),
    st.booleans(),
    st.integers(0, 20),
    st.sampled_from(["", "", "cancelled", "skipped", "timed_out"]),
)
RUNS = st.lists(EXECUTIONS, min_size=1, max_size=6, unique_by=lambda one: (one[0]["job"], one[0]["attempt"]))


async def ingested_into(pipeline: Pipeline, executions: list[Any]) -> dict[Any, dict[str, Any]]:
    for fields, content in executions:
        await told(pipeline, content, **fields)
    return stored(outbox(pipeline))


@settings(max_examples=25)
@given(RUNS, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_anything(executions: list[Any], random: Any) -> None:
    mixed = executions + executions[::2]
    random.shuffle(mixed)

    async def both() -> None:
        with tempfile.TemporaryDirectory() as folder:
            async with opened(Path(folder, "one")) as one, opened(Path(folder, "other")) as other:
                expected = await ingested_into(one, executions)
                assert await ingested_into(other, mixed) == expected
                runs = [place for place in expected if place[0] == "workflow_run"]
                assert len(runs) == len({fields["attempt"] for fields, _ in executions})

    asyncio.run(both())


async def rows(pipeline: Pipeline, question: str, **more: Any) -> list[dict[str, Any]]:
    span = {name: datetime.fromtimestamp(at, UTC) for name, at in MONTH.items()}
    return await pipeline.store.query(question, span | more)


async def test_a_run_is_what_its_jobs_are(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        at = {"started": str(NOON - 600), "duration": "5m"}
        await told(pipeline, report("a", failing={"b": "boom"}), **at, url="https://ci.example.org/512/1")
        await told(pipeline, conclusion="passed", job="lint", started=str(NOON - 500), duration="10m")
        await told(pipeline, report("a", "b"), started=str(NOON + 200), completed=str(NOON + 260))
        await delivered(pipeline)
        attempts = await rows(pipeline, "attempts")
        found = [(row["attempt"], row["conclusion"], row["jobs"], row["duration_s"]) for row in attempts]
        assert found == [(1, "failure", 2, 700.0), (2, "success", 1, 60.0)]
        assert {row["workflow"] for row in attempts} == {"nightly"}
        assert {(row["branch"], row["head_branch"], row["event"]) for row in attempts} == {
            ("main", "main", "push")
        }
        assert attempts[0]["url"] == "https://ci.example.org/512/1"
        jobs = await rows(pipeline, "executions")
        assert [(row["job"], row["attempt"], row["conclusion"]) for row in jobs] == [
            ("unit", 1, "failure"),
            ("lint", 1, "success"),
            ("unit", 2, "success"),
        ]
        assert {row["run_id"] for row in (*jobs, *attempts)} == {jobs[0]["run_id"]}
        assert all(-(2**53) < row["job_id"] < 0 for row in jobs)
        (counted,) = await rows(pipeline, "ingested")
        assert (counted["repository"], counted["workflow"], counted["jobs"]) == (PROJECT, "nightly", 3)


@pytest.mark.parametrize("is_red_first", [True, False])
@pytest.mark.parametrize("other", [{"attempt": "2"}, {"run": "513"}])
async def test_a_fail_and_a_pass_are_a_flake(
    tmp_path: Path, is_red_first: bool, other: dict[str, str]
) -> None:
    """Of two attempts of a run, and of two runs of a commit, whichever is told of first."""
    async with opened(tmp_path) as pipeline:
        red = (report("a", failing={"b": "boom"}), {"attempt": "1", "completed": str(NOON - HOUR)})
        green = (report("a", "b"), {"attempt": "1", "completed": str(NOON)} | other)
        for content, fields in (red, green) if is_red_first else (green, red):
            await told(pipeline, content, **fields)
        await delivered(pipeline)
        found = await rows(pipeline, "flaky")
        assert [(row["level"], row["job"], row["test"], row["flakes"]) for row in found] == [
            ("job", "unit", None, 1),
            ("test", "unit", "b", 1),
        ]
        assert {row["failed_url"] for row in found} == {None}
        (failure,) = await rows(pipeline, "failures")
        assert (failure["message"], failure["url"]) == ("boom", None)


async def test_another_commit_workflow_or_pull_request_is_no_evidence(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        await told(pipeline, report("a", failing={"b": "boom"}))
        for number, fields in enumerate(({"commit": "beef"}, {"workflow": "ci"}, {"event": "pull_request"})):
            await told(pipeline, report("a", "b"), run=str(600 + number), **fields)
        await delivered(pipeline)
        assert await rows(pipeline, "flaky") == []


async def test_without_a_number_other_results_are_the_next_attempt(tmp_path: Path) -> None:
    clock = MovingClock(NOON)
    async with opened(tmp_path, clock) as pipeline:
        red, green = report("a", failing={"b": "boom"}), report("a", "b")
        first = await told(pipeline, red)
        clock.advance(HOUR)
        # The same command later: times that are not given do not make it another execution.
        again = await told(pipeline, red)
        second = await told(pipeline, green)
        assert [(one.status, one.attempt) for one in (first, again, second)] == [
            ("ingested", 1),
            ("known", 1),
            ("ingested", 2),
        ]
        assert (first.run_id, first.job_id) == (again.run_id, again.job_id)
        lines = outbox(pipeline)
        assert (await told(pipeline, green, attempt="2")).status == "known"
        assert outbox(pipeline) == lines
        with pytest.raises(ConflictError, match="attempt 2 of job 'unit' in run '512'"):
            await told(pipeline, red, attempt="2")
        assert outbox(pipeline) == lines


async def test_times_and_conclusion_follow_from_the_tests(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        done = await told(pipeline, report("a", "b", seconds=20), report(failing={"c": "x"}, seconds=0.5))
        assert (done.conclusion, done.tests, done.failed) == ("failure", 3, 1)
        (job,) = pipeline.state.ingested.of_run(pipeline.state.repositories.get(PROJECT).id, done.run_id)  # type: ignore[union-attr]
        assert (job.started_at, job.completed_at) == (NOON - 41, NOON)
        green = await told(
            pipeline, report("a"), run="7", conclusion="", started=str(NOON - 60), duration="30"
        )
        (job,) = pipeline.state.ingested.of_run(pipeline.state.repositories.get(PROJECT).id, green.run_id)  # type: ignore[union-attr]
        assert (job.conclusion, job.completed_at) == ("success", NOON - 30)


async def test_without_a_run_the_commit_and_the_start_are_the_run(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        at = {"run": "", "started": str(NOON - 60)}
        one = await told(pipeline, report("a"), **at)
        other_job = await told(pipeline, report("a"), job="e2e", **at)
        other_start = await told(pipeline, report("a"), run="", started=str(NOON - 61))
        assert one.run_id == other_job.run_id != other_start.run_id


def _zip(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"{name}.xml", content)
    return packed.getvalue()


WHOLE = report(*(f"test {number}" for number in range(50)))
TRX = b"""<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
<UnitTestResult testId="1" testName="a" outcome="Passed" duration="00:00:01"/></Results></TestRun>"""
GO = b'{"Action":"run","Package":"p","Test":"TestA"}\n{"Action":"pass","Package":"p","Test":"TestA","Elapsed":0.1}\n'


@pytest.mark.parametrize(
    "content", [WHOLE, gzip.compress(WHOLE), _zip(a=WHOLE, b=report("z")), TRX, GO], ids=range(5)
)
async def test_reports_are_read_in_every_format_and_wrapping(tmp_path: Path, content: bytes) -> None:
    async with opened(tmp_path) as pipeline:
        assert (await told(pipeline, content)).tests > 0


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (WHOLE[: len(WHOLE) // 2], "XML"),
        (b"<testsuites/>", "holds no test"),
        (b"<coverage/>", "<coverage>"),
        (b"not a report", "."),
        (gzip.compress(WHOLE)[:-20], "."),
        (_zip(a=WHOLE, b=WHOLE[:100]), "."),
        (_zip(a=WHOLE)[:-30], "."),
        (report(*"abcdefghij", seconds=5 * DAY), "35 days"),
    ],
    ids=range(10),
)
async def test_where_a_report_cannot_be_read_nothing_is_written(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    async with opened(tmp_path) as pipeline:
        with pytest.raises(DataError, match=reason):
            await told(pipeline, WHOLE, content)
        assert outbox(pipeline) == []
        with pytest.raises(DataError, match="neither a report nor a conclusion"):
            await told(pipeline)
        assert outbox(pipeline) == []


HOSTILE = {
    "workflow": "\"'; DROP TABLE job; -- ${1+1} \\",
    "job": "a,b=c d\\ \x1b[31m\n::error::x <script>alert(1)</script> ␛",
    "branch": "main",
    "url": "javascript:alert(1)",
    "run": "${{ github.token }}\x1f512",
}


async def test_hostile_names_come_back_as_data_from_both_stores(
    tmp_path: Path, influx_settings: InfluxSettings
) -> None:
    bad = "\\,= \"'\t␛<b>${x}"
    influxdb = influx_settings.model_dump() | {"token": influx_settings.token.get_secret_value()}
    async with (
        opened(tmp_path / "duck") as duck,
        opened(tmp_path / "influx", influxdb=influxdb, store_timeout="10m") as influx,
    ):
        answers = []
        for pipeline in (duck, influx):
            at = {"completed": str(NOON)} | HOSTILE
            await told(pipeline, report("a", failing={bad: f"boom {bad}"}), **at)
            await told(pipeline, report("a", bad), **at | {"completed": str(NOON + 60)})
            await told(pipeline, conclusion="1", **at | {"job": "lint"})
            await delivered(pipeline)
            answers.append({name: await rows(pipeline, name) for name in QUESTIONS.keys() - {"etl_status"}})
    assert answers[0] == answers[1]
    (flaky,) = [row for row in answers[0]["flaky"] if row["level"] == "test"]
    assert (flaky["workflow"], flaky["test"]) == (
        HOSTILE["workflow"][:-1] + "␛5C",
        bad.replace("\t", "␛09").replace("␛<", "␛␛<"),
    )
    assert {row["job"] for row in answers[0]["executions"]} > {"lint"}


async def test_what_no_database_holds_is_the_same_when_it_comes_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        odd = {"job": "unit \0 \udcff", "workflow": "\0", "attempt": "1"}
        assert (await told(pipeline, report("a"), **odd)).status == "ingested"
        assert (await told(pipeline, report("a"), **odd)).status == "known"


async def test_names_differ_wherever_a_separator_might_join_them(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        one = await told(pipeline, report("a"), workflow="a", run="b\x1fc")
        other = await told(pipeline, report("a"), workflow="a\x1fb", run="c")
        assert one.run_id != other.run_id


async def test_ends_of_jobs_are_remembered_for_45_days(tmp_path: Path) -> None:
    clock = MovingClock(NOON)
    async with opened(tmp_path, clock) as pipeline:
        first = await told(pipeline, report("a"))
        clock.advance(46 * DAY)
        await told(pipeline, report("a"), run="9")
        repository = pipeline.state.repositories.get(PROJECT)
        assert repository is not None
        assert pipeline.state.ingested.of_run(repository.id, first.run_id) == []


async def test_a_repository_is_the_same_whatever_the_case(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        one = await told(pipeline, report("a"))
        same = await told(
            pipeline, report("a"), repository=PROJECT.upper(), default_branch="trunk", branch=""
        )
        assert (one.repository, one.run_id) == (same.repository, same.run_id)
        assert pipeline.repositories.ingested == (PROJECT,)
        assert {point[-1] for point in stored(outbox(pipeline))} >= {("workflow", "nightly")}
        known = pipeline.state.repositories.get(PROJECT)
        assert known is not None
        assert (known.default_branch, known.private) == ("trunk", True)


async def test_the_same_moment_counts_once(tmp_path: Path) -> None:
    """Several jobs of a run at once, and each twice."""
    async with opened(tmp_path) as pipeline:
        at = {"completed": str(NOON), "attempt": "1"}
        jobs = [parse(USUAL | at | {"job": f"job {number % 6}"}, NOON) for number in range(12)]
        content = [("r.xml", report("a", "b"))]
        done = await asyncio.gather(*(ingest(pipeline, job, content) for job in jobs))
        assert sorted(one.status for one in done) == ["ingested"] * 6 + ["known"] * 6
        found = stored(outbox(pipeline))
        (run,) = [fields for place, fields in found.items() if place[0] == "workflow_run"]
        assert run["jobs"] == 6
