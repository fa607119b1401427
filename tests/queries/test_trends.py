"""Questions about change in small histories whose answers are known; both stores give them."""

from datetime import timedelta

import pytest

from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.points import NANOSECONDS, FieldValue, Point
from tests.queries.samples import STOP
from tests.queries.test_flaky import JOB, Stores, ago, flake

WEEK = {"start": STOP - timedelta(days=7), "stop": STOP}


@pytest.fixture
def stores(influx: InfluxStore, duck: DuckStore) -> Stores:
    return Stores(influx, duck)


def execution(days: float, conclusion: str = "success", attempt: int = 1, **given: float | str) -> Point:
    """An execution of a job; text is a tag of it, numbers are fields."""
    tags = JOB | {"event": "push", "runner": "linux", "attempt": str(attempt), "conclusion": conclusion}
    fields: dict[str, FieldValue] = {"job_id": ago(0) % NANOSECONDS}
    fields |= {k: v for k, v in given.items() if not isinstance(v, str)}
    return Point("job", tags | {k: v for k, v in given.items() if isinstance(v, str)}, fields, ago(days))


def run(number: int, days: float, conclusion: str, **tags: str) -> list[Point]:
    """An attempt of a run."""
    names = {name: JOB[name] for name in ("repository", "workflow", "branch")}
    given = {**names, "event": "push", "attempt": "1", "conclusion": conclusion, **tags}
    return [Point("workflow_run", given, {"run_id": number}, ago(days))]


async def test_a_failure_spreads_over_jobs(stores: Stores) -> None:
    def failure(signature: str, days: float, job: str) -> Point:
        tags = JOB | {"job": job, "source": "annotation", "signature": signature}
        return Point("failure", tags, {"message": "m", "template": f"t of {signature}"}, ago(days))

    await stores.write(
        [failure("a", 10, "one"), failure("a", 3, "one"), failure("a", 3, "two"), failure("a", 2, "two")],
        [failure("b", 10, "one"), failure("c", 1, "one")],
    )
    rows = await stores.ask("spreading", **WEEK)
    assert [tuple(row.values())[1:] for row in rows] == [
        ("a", "t of a", 3, 1, 2, 1),
        ("c", "t of c", 1, 0, 1, 0),
    ]
    over_time = await stores.ask("failures_over_time", **WEEK, most_rows=1)
    assert [(row["signature"], row["count"]) for row in over_time] == [("a", 2), ("a", 1)]


async def test_the_last_run_of_each_repository(stores: Stores) -> None:
    await stores.write(
        run(1, 6, "success"), run(2, 1.5, "cancelled"), run(3, 3, "success", repository="acme/other")
    )
    rows = await stores.ask("last_run", **WEEK)
    assert [(row["repository"], row["hours"]) for row in rows] == [
        ("acme/other", 72.0),
        ("acme/rocket", 36.0),
    ]


async def test_minutes_used_for_nothing(stores: Stores) -> None:
    await stores.write(
        [execution(3, duration_s=600.0, queued_s=60.0), execution(3, "cancelled", duration_s=120.0)],
        [execution(3, "cancelled", 2, duration_s=60.0, repeated_s=60.0), execution(3, "skipped", 3)],
        flake(None, 3, kinds="rerun same_sha", wasted_s=300.0),
    )
    (row,) = await stores.ask("waste", **WEEK)
    assert list(row.values())[2:] == [13.0, 5.0, 3.0, 1.0, 1.0]
    (row,) = await stores.ask("runners", **WEEK)
    assert (row["runner"], row["jobs"], row["minutes"], row["queued_p95_s"]) == ("linux", 4, 13.0, 60.0)


async def test_jobs_are_asked_for_by_name(stores: Stores) -> None:
    await stores.write(
        [execution(3, duration_s=10.0, queued_s=1.0), execution(3, job="lint", duration_s=1.0)]
    )
    for question in ("jobs_over_time", "runners", "runners_over_time"):
        (row,) = await stores.ask(question, **WEEK, job="unit")
        assert row["queued_p50_s"] == 1.0


async def test_results_of_a_test_name_the_commit(stores: Stores) -> None:
    job = execution(3, run_id=7)
    job.fields["head_sha"] = "abc"
    tags = JOB | {"suite": "s", "outcome": "failed"}
    fields = {"job_id": job.fields["job_id"], "message": "no"}
    await stores.write(
        [job, Point("test", tags | {"test": "t"}, fields, job.time), Point("test", tags | {"test": "u"}, fields, job.time)],
        [Point("test", tags | {"test": "t"}, {"job_id": 0, "duration_s": 2.5}, ago(2))],
    )  # fmt: skip
    known, unknown = await stores.ask("test_history", **WEEK, test="t")
    assert (known["head_sha"], known["message"], known["duration_s"]) == ("abc", "no", None)
    assert known["url"] == f"https://github.com/acme/rocket/actions/runs/7/job/{fields['job_id']}"
    assert (unknown["head_sha"], unknown["url"], unknown["duration_s"]) == (None, None, 2.5)
    assert [row["duration_s"] for row in await stores.ask("test_history", **WEEK, test="t", most_rows=1)] == [
        2.5
    ]


async def test_what_came_of_reports(stores: Stores) -> None:
    counts: dict[str, FieldValue] = {
        "job_id": 1,
        "total": 5,
        "passed": 2,
        "failed": 1,
        "errored": 1,
        "skipped": 1,
        "flaky": 1,
    }
    await stores.write([Point("test_report", JOB, counts, ago(2) + n) for n in range(2)])
    (row,) = await stores.ask("reports_over_time", **WEEK)
    assert list(row.values())[3:] == [10, 4, 2, 2, 2, 2]


async def test_no_change_is_made_up_from_a_period_that_the_store_has_not(stores: Stores) -> None:
    def attempt(days: float) -> Point:
        tags = {"repository": "acme/rocket", "workflow": "CI", "branch": "main", "conclusion": "success"}
        return Point("workflow_run", tags, {"run_id": int(days * 1_000), "duration_s": 9.0}, ago(days))

    await stores.write([attempt(days) for days in (1, 2, 3, 8, 9, 12)])
    (row,) = await stores.ask("overview", **WEEK)
    assert (row["runs"], row["runs_before"], row["p50_s_before"], row["run_success_rate_before"]) == (
        3,
        0,
        None,
        None,
    )
    # A day of two weeks may be missing at their beginning: nothing ran then.
    await stores.write([attempt(13.5)])
    (row,) = await stores.ask("overview", **WEEK)
    assert (row["runs"], row["runs_before"], row["p50_s_before"], row["run_success_rate_before"]) == (
        3,
        4,
        9.0,
        1.0,
    )
    (row,) = await stores.ask("overview", **WEEK, repository="acme/other")
    assert (row["runs"], row["runs_before"]) == (0, 0)
