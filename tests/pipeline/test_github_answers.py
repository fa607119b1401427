"""Unusual answers of GitHub: each situation is logged once, and its points are right."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from etl.demo.history import Artifact, Check, Status
from etl.demo.suites import archive
from etl.extract.github.records import parse_job
from etl.load.duckdb import DuckStore
from etl.model.schema import ETL, MEASUREMENTS
from etl.settings import InfluxSettings
from etl.transform.failures.no_runner import NO_RUNNER
from tests.load.stores import ReadBack
from tests.pipeline.world import (
    DAY,
    HOUR,
    NAME,
    NOON,
    Annotation,
    Inheritance,
    Job,
    Rows,
    Workflow,
    World,
    attempt,
    faults,
    inherited,
    job,
    run,
    simulated,
)

S = 1_000_000_000
PATH = ".github/workflows/ci.yml"


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with simulated(tmp_path) as made:
        yield made


def unserved(name: str, created: int, seconds: int, conclusion: str, **more: Any) -> Job:
    """A job that no runner took."""
    made = job(name, created, seconds, conclusion, runner=False, **more)
    return replace(made, created_at=created)


def reporter(name: str, started: int, conclusion: str = "success", **more: Any) -> Job:
    """A check run of a test reporter among the jobs."""
    return job(name, started, 1, conclusion, runner=False, labels=(), **more)


def named(world: World, measurement: str, name: str) -> Rows:
    return [row for row in world.points(measurement) if row.get("job") == name]


async def answer(world: World, question: str, data: str = "data") -> Rows:
    store = DuckStore(world.folder / data / "ci-health.duckdb")
    start, stop = (datetime.fromtimestamp(second, UTC) for second in (NOON - DAY, NOON + 9 * DAY))
    rows: Rows = await store.query(question, {"start": start, "stop": stop})
    return rows


# Row 15


async def test_a_run_that_is_touched_after_it_was_stored_is_one_point_with_its_jobs(world: World) -> None:
    touched = replace(
        run(NOON, attempt(NOON, job("unit", NOON + 5))), touched=(NOON + 2 * HOUR, NOON + 3 * DAY)
    )
    world.add(touched)
    world.clock.advance(HOUR)
    await world.sync_well()
    first = world.all_points()
    for moment in (NOON + 3 * HOUR, NOON + 4 * DAY):
        world.clock.now = moment
        summary = await world.sync_well()
        assert (summary.runs, summary.points, summary.anomalies) == (1, 0, 0)
    assert world.all_points() == first
    (point,) = first["workflow_run"]
    assert (point["jobs"], point["duration_s"]) == (1, 65)


@pytest.mark.parametrize("seconds", [20, 600])
async def test_a_job_that_shows_up_after_its_run_was_stored(world: World, seconds: int) -> None:
    """The attempt's point moves to where its last job ended: what stood before is taken back."""
    late = job("late", NOON + 5, seconds, listed_at=NOON + 2 * HOUR)
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5), late)))
    world.github.faults.add("/jobs", faults.changed(lambda page: without(page, "late")))
    world.clock.advance(HOUR)
    await world.sync_well()
    world.clock.advance(2 * HOUR)
    for _ in range(3):
        await world.sync_well()
    (point,) = world.points("workflow_run")
    assert (point["jobs"], point["duration_s"]) == (2, max(65, 5 + seconds))
    await world.sync_well("afterwards")
    assert world.all_points("afterwards") == world.all_points()


async def test_a_job_of_the_first_attempt_that_shows_up_after_the_second(world: World) -> None:
    again = NOON + HOUR
    late = job("late", NOON + 9, 300, listed_at=NOON + 4 * HOUR)
    world.add(
        run(
            NOON,
            attempt(NOON, job("unit", NOON + 5, conclusion="failure"), late),
            attempt(again, job("unit", again + 5)),
            touched=(NOON + 4 * HOUR,),
        )
    )
    for hours in (2, 5, 6):
        world.clock.now = NOON + hours * HOUR
        await world.sync_well()
    assert Counter((row["job"], row["attempt"]) for row in world.points("job")) == {
        ("unit", "1"): 1,
        ("late", "1"): 1,
        ("unit", "2"): 1,
    }
    await world.sync_well("afterwards")
    assert world.all_points("afterwards") == world.all_points()


def without(page: dict[str, Any], name: str) -> dict[str, Any]:
    jobs = [one for one in page["jobs"] if one["name"] != name]
    return {"total_count": len(jobs), "jobs": jobs}


# Row 16


async def test_a_reporters_check_run_is_no_job_and_its_annotations_are_failures(world: World) -> None:
    failing = job("unit", NOON + 5, conclusion="failure", annotations=(Annotation("boom"),))
    check = reporter(
        "Test report",
        NOON + 4 * HOUR,
        "failure",
        annotations=(Annotation("boom"), Annotation("assert 1 == 2", path="a.py", line=7)),
    )
    world.add(run(NOON, attempt(NOON, failing, check)))
    for hours in (1, 5):
        world.clock.now = NOON + hours * HOUR
        summary = await world.sync_well()
    assert summary.anomalies == 0
    assert [row["job"] for row in world.points("job")] == ["unit"]
    (point,) = world.points("workflow_run")
    assert (point["jobs"], point["duration_s"]) == (1, 65)
    assert [(row["source"], row["message"]) for row in world.points("failure")] == [
        ("annotation", "boom"),
        ("check", "assert 1 == 2"),
    ]
    assert world.points("flake") == []
    await world.sync_well("afterwards")
    assert world.all_points("afterwards") == world.all_points()


@pytest.mark.parametrize(
    ("changes", "taken", "is_check"),
    [
        ({}, True, False),
        ({"runner_id": 0, "runner_name": "", "steps": []}, False, False),
        ({"runner_id": None, "runner_name": None, "steps": []}, False, False),
        ({"runner_id": None, "runner_name": None, "steps": [], "labels": []}, False, True),
        ({"runner_id": None, "labels": [], "steps": [], "conclusion": None}, False, True),
        ({"runner_id": 0, "labels": [], "steps": [], "conclusion": "skipped"}, False, False),
        ({"runner_id": 0, "labels": [], "steps": [], "conclusion": "cancelled"}, False, False),
        ({"runner_id": None, "runner_name": None}, True, False),
        ({"runner_id": None, "runner_name": "old", "steps": []}, True, False),
    ],
)
def test_what_is_a_job_and_what_a_runner_took(changes: dict[str, Any], taken: bool, is_check: bool) -> None:
    raw = {
        "id": 1,
        "run_id": 2,
        "status": "completed",
        "conclusion": "failure",
        "labels": ["ubuntu-latest"],
        "runner_id": 3,
        "steps": [{"number": 1, "name": "Set up job"}],
    }
    made = parse_job(raw | changes)
    assert (made.taken, made.is_check) == (taken, is_check)


def test_a_server_that_knows_of_no_runners_tells_of_jobs_that_ran() -> None:
    raw = {"id": 1, "run_id": 2, "status": "completed", "conclusion": "success", "labels": ["self-hosted"]}
    assert parse_job(raw).taken


# Row 17


async def test_jobs_that_no_runner_took(world: World) -> None:
    again = NOON + 5 * DAY
    world.add(
        run(
            NOON,
            attempt(
                NOON,
                job("unit", NOON + 5),
                unserved("queued", NOON, DAY, "cancelled"),
                unserved("deploy", NOON, 4 * DAY, "failure"),
                unserved("poor", NOON, 3, "failure", annotations=(Annotation("payments have failed"),)),
                unserved("superseded", NOON, 60, "cancelled"),
                unserved("never", NOON, 0, "skipped"),
            ),
            attempt(again, *(job(name, again + 5) for name in ("queued", "deploy", "poor"))),
        )
    )
    world.clock.now = NOON + 6 * DAY
    summary = await world.sync_well(since="8d")
    assert summary.anomalies == 0
    waits = {row["job"]: row["waited_s"] for row in world.points("job") if row["attempt"] == "1"}
    assert waits == {
        "unit": None,
        "queued": DAY,
        "deploy": 4 * DAY,
        "poor": 3,
        "superseded": 60,
        "never": None,
    }
    lasted = {row["job"]: row["duration_s"] for row in world.points("job") if row["attempt"] == "1"}
    assert lasted == {"unit": 60} | dict.fromkeys(waits.keys() - {"unit"})
    first, second = sorted(world.points("workflow_run"), key=lambda row: row["attempt"])
    assert (first["duration_s"], first["queued_s"], first["jobs"]) == (65, 5, 6)
    assert second["duration_s"] == 65
    assert world.points("flake") == []
    failures = world.points("failure")
    assert Counter(row["job"] for row in failures) == {"queued": 1, "deploy": 1, "poor": 1}
    assert {row["template"] for row in failures} == {NO_RUNNER}
    assert {row["message"] for row in failures} == {NO_RUNNER, "payments have failed"}
    deploy = next(row for row in await answer(world, "jobs") if row["job"] == "deploy")
    assert (deploy["success"], deploy["total"], deploy["minutes"]) == (1, 2, 1.0)
    assert deploy["p95_s"] == 60
    assert deploy["queued_p50_s"] == 5
    (waste,) = await answer(world, "waste")
    assert not waste["repeated_minutes"], "nothing of it executed before"
    assert not waste["cancelled_minutes"]


# Row 18


async def test_clocks_that_differ_by_a_second_are_no_anomaly(world: World) -> None:
    skewed = replace(job("skewed", NOON + 5), created_at=NOON + 6)
    never = replace(job("never", NOON + 5, 0, "skipped"), completed_at=NOON + 4)
    world.add(run(NOON, attempt(NOON + 6, skewed, never)))
    world.clock.advance(HOUR)
    assert (await world.sync_well()).anomalies == 0
    (point,) = named(world, "job", "skewed")
    assert (point["queued_s"], point["duration_s"]) == (0, 60)
    assert world.points("workflow_run")[0]["queued_s"] == 0


async def test_what_cannot_be_is_reported(world: World) -> None:
    world.add(
        run(
            NOON,
            attempt(
                NOON,
                replace(job("early", NOON + 5), created_at=NOON + 3_600),
                replace(job("backwards", NOON + 500), completed_at=NOON + 400),
            ),
        )
    )
    world.clock.advance(HOUR)
    summary = await world.sync_well()
    assert summary.anomalies_by_kind == {
        "job started before it was created": 1,
        "job without duration": 1,
    }
    assert named(world, "job", "early")[0]["queued_s"] is None


# Row 19


@pytest.mark.parametrize("workflow", [7, 99])
async def test_a_file_that_does_not_parse_counts_against_its_workflow(world: World, workflow: int) -> None:
    broken = replace(attempt(NOON + 60), conclusion="failure")
    world.add(
        run(NOON, attempt(NOON, job("unit", NOON + 5))),
        run(NOON + 60, broken, workflow=workflow, name=PATH, path=PATH),
    )
    world.clock.advance(HOUR)
    await world.sync_well()
    assert {row["workflow"] for row in world.points("workflow_run")} == {"CI"}
    (row,) = await answer(world, "workflows")
    assert (row["success"], row["total"]) == (1, 2)


async def test_a_workflow_that_is_listed_by_its_path_keeps_its_name(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5))))
    world.clock.advance(HOUR)
    await world.sync_well()
    world.repository.workflows[0] = Workflow(7, PATH, PATH)
    world.add(run(NOON + HOUR, replace(attempt(NOON + HOUR), conclusion="failure"), name=PATH))
    world.clock.advance(HOUR)
    await world.sync_well()
    assert {row["workflow"] for row in world.points("workflow_run")} == {"CI"}


# Row 20


async def test_only_what_executed_before_is_repeated(world: World) -> None:
    approved, again = NOON + HOUR, NOON + 2 * HOUR
    lint = job("lint", again + 5)
    world.add(
        # Approving a fork's run makes attempt 2 of what never ran.
        run(
            NOON,
            replace(attempt(NOON), conclusion="action_required"),
            attempt(approved, job("unit", approved + 5, conclusion="failure")),
            attempt(again, job("unit", again + 5, 120), lint),
            fork=True,
        )
    )
    world.clock.advance(5 * HOUR)
    await world.sync_well()
    repeated = {(row["job"], row["attempt"]): row["repeated_s"] for row in world.points("job")}
    assert repeated == {("unit", "2"): None, ("unit", "3"): 120, ("lint", "3"): None}
    (waste,) = await answer(world, "waste")
    assert waste["repeated_minutes"] == 2


# Row 21


async def test_runs_that_nobody_wrote_a_workflow_for_share_a_name(world: World) -> None:
    for number in range(5):
        title = f"npm_and_yarn in /. - Update #{1_000 + number}"
        path = "dynamic/dependabot/dependabot-updates"
        world.add(
            run(
                NOON + number,
                attempt(NOON + number, job("Dependabot", NOON + 9)),
                workflow=500 + number,
                name=title,
                path=path,
            ),
            run(NOON + number, workflow=600 + number, name=f"Gone #{number}", path=""),
        )
    world.clock.advance(HOUR)
    await world.sync_well()
    assert {row["workflow"] for row in world.points("workflow_run")} == {
        "dynamic/dependabot/dependabot-updates",
        "Gone #<n>",
    }


# Row 22


async def test_a_listing_that_ends_before_its_total_without_a_link(world: World) -> None:
    jobs = [job(f"unit {number}", NOON + 5) for number in range(150)]
    world.add(run(NOON, attempt(NOON, *jobs)))
    world.github.faults.add("/jobs", without_link(), times=None)
    world.clock.advance(HOUR)
    summary = await world.sync_well()
    assert (summary.jobs, summary.anomalies) == (150, 0)


async def test_jobs_that_are_counted_and_never_sent_stay_open_for_a_day(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5))))
    world.github.faults.add("/jobs", faults.changed(lambda page: page | {"total_count": 5}), times=None)
    world.clock.advance(HOUR)
    summary = await world.sync_well()
    assert (summary.jobs, summary.open) == (0, 1)
    assert summary.anomalies_by_kind == {"listing cut off": 1}
    await settled(world)
    assert [row["job"] for row in world.points("job")] == ["unit"], "what was sent, when no more comes"


async def settled(world: World) -> None:
    """GitHub gives the same answer for so long that it is believed."""
    for _ in range(12):
        world.clock.advance(6 * HOUR)
        await world.sync_well()


def without_link() -> faults.Respond:
    async def respond(_request: Any, go_on: Any) -> Any:
        right = await go_on()
        right.headers.pop("link", None)
        return right

    return respond


async def test_an_artifact_of_no_run_is_logged_once(world: World) -> None:
    report = Artifact(5, "junit", NOON + 30, archive([]))
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5, artifacts=(report,)))))

    def orphaned(page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "artifacts": [{**one, "workflow_run": None} for one in page["artifacts"]]}

    world.github.faults.add("/actions/artifacts", faults.changed(orphaned), times=None)
    told = []
    for hour in range(3):
        world.clock.advance(HOUR)
        began = NOON + hour * HOUR + 300
        world.add(run(began, attempt(began, job("unit", began + 5))))
        told.append((await world.sync_well()).anomalies_by_kind)
    assert told == [{"artifact without run": 1}, {}, {}]


async def test_jobs_of_an_attempt_that_is_gone_are_inherited_all_the_same(world: World) -> None:
    again = NOON + HOUR
    lint = job("lint", NOON + 5)
    made = run(
        NOON,
        attempt(NOON, lint, job("unit", NOON + 5, conclusion="failure")),
        attempt(again, inherited(lint, Inheritance.RECREATE, again), job("unit", again + 5)),
    )
    world.add(made)
    world.github.faults.add("/attempts/1", faults.status(404, "Not Found"), times=None)
    world.clock.advance(3 * HOUR)
    summary = await world.sync_well()
    assert (summary.anomalies_by_kind, summary.open) == ({"attempt gone": 1}, 1)
    await settled(world)
    assert [(row["job"], row["attempt"]) for row in world.points("job")] == [("unit", "2")]
    (point,) = world.points("workflow_run")
    assert (point["jobs"], point["duration_s"]) == (1, 65)
    assert (await world.sync_well()).anomalies == 0


async def test_a_window_that_is_empty_where_there_were_runs(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5))))
    world.clock.advance(HOUR)
    await world.sync_well()
    before = world.all_points()
    kept, world.repository.runs[:] = list(world.repository.runs), []
    assert (await world.sync_well()).anomalies_by_kind == {"window emptied": 1}
    assert (await world.sync_well()).anomalies == 0
    world.repository.runs[:] = [*kept, run(NOON + 60, attempt(NOON + 60, job("unit", NOON + 70)))]
    assert (await world.sync_well()).anomalies == 0
    after = world.all_points()
    assert all(point in after[name] for name, points in before.items() for point in points)
    assert len(after["job"]) == 2


async def test_a_server_that_numbers_no_attempts(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5))))

    def unnumbered(page: dict[str, Any]) -> dict[str, Any]:
        runs = [{**one, "run_attempt": 0} for one in page["workflow_runs"]]
        return {**page, "workflow_runs": runs}

    world.github.faults.add(r"/actions/runs\?", faults.changed(unnumbered), times=None)
    world.clock.advance(HOUR)
    summary = await world.sync_well()
    assert (summary.runs, summary.jobs, summary.anomalies) == (1, 1, 0)
    assert world.github.log.paths("/attempts/") == []


async def test_a_sync_that_understood_nothing_is_an_error_until_it_does(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5))))

    def nonsense(page: dict[str, Any]) -> dict[str, Any]:
        return {**page, "workflow_runs": [{"name": "?"} for _ in page["workflow_runs"]]}

    world.clock.advance(HOUR)
    world.github.faults.add(r"/actions/runs\?", faults.changed(nonsense), times=None)
    for _ in range(2):
        (summary,) = await world.sync()
        assert summary.error is not None
        assert "can be understood" in summary.error
    world.github.faults.clear()
    assert (await world.sync_well()).jobs == 1


# The setting `workflows`


@pytest.mark.parametrize(
    ("globs", "expected"),
    [
        ([], {"CI", "Docs", "Nightly"}),
        (["CI"], {"CI"}),
        (["!Nightly"], {"CI", "Docs"}),
        (["*.yml", "!docs.yml"], {"CI", "Nightly"}),
        ([".github/workflows/n*"], {"Nightly"}),
    ],
)
async def test_workflows_are_chosen_by_glob(world: World, globs: list[str], expected: set[str]) -> None:
    world.repository.workflows += [
        Workflow(8, "Docs", ".github/workflows/docs.yml"),
        Workflow(9, "Nightly", ".github/workflows/nightly.yml"),
    ]
    for workflow in (7, 8, 9):
        world.add(run(NOON, attempt(NOON, job("unit", NOON + 5)), workflow=workflow))
    world.clock.advance(HOUR)
    await world.sync_well(workflows=globs)
    assert {row["workflow"] for row in world.points("workflow_run")} == expected
    assert len(world.github.log.paths("/jobs")) == len(expected)


async def test_an_open_run_that_is_left_out_is_not_asked_for_any_more(world: World) -> None:
    made = run(NOON, attempt(NOON, job("unit", NOON + 5, 9 * HOUR)))
    world.add(made)
    world.clock.advance(HOUR)
    await world.sync_well()
    world.clock.advance(DAY + HOUR)
    world.github.log.clear()
    for _ in range(3):
        await world.sync_well(workflows=["!CI"])
    assert world.points("job") == []
    assert len(world.github.log.paths(f"/actions/runs/{made.id}")) <= 1
    await world.sync_well()


# The setting `checks`

SHA = "abc123"


def add_checks(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5, conclusion="failure"))))
    world.repository.checks += [
        Check(70, SHA, "CircleCI Checks", "build", NOON + 10, NOON + 400, "failure", suite=3),
        Check(71, SHA, "CircleCI Checks", "build", NOON + 500, NOON + 700, suite=3),
        Check(72, SHA, "Codecov", "codecov/patch", NOON + 800, NOON + 3 * HOUR, suite=4),
    ]
    world.repository.statuses += [
        Status(80, SHA, "ci/jenkins", "pending", NOON + 20),
        Status(81, SHA, "ci/jenkins", "pending", NOON + 30),
        Status(82, SHA, "ci/jenkins", "error", NOON + 320),
        Status(83, SHA, "ci/jenkins", "error", NOON + 330),
        Status(84, SHA, "ci/jenkins", "pending", NOON + 400),
        Status(85, SHA, "ci/jenkins", "success", NOON + 4 * HOUR),
    ]


async def test_checks_of_other_systems_are_off_by_default(world: World) -> None:
    add_checks(world)
    world.clock.advance(DAY)
    await world.sync_well()
    assert world.github.log.paths("/commits/") == []
    assert {row["workflow"] for row in world.points("workflow_run")} == {"CI"}


async def test_checks_of_other_systems_are_executions(world: World) -> None:
    add_checks(world)
    for hours in (1, 2, 6, 7):
        world.clock.now = NOON + hours * HOUR
        summary = await world.sync_well(checks="all")
        assert summary.anomalies == 0
    found = {
        (row["workflow"], row["job"], row["attempt"], row["conclusion"]): row["duration_s"]
        for row in world.points("job")
        if row["workflow"] != "CI"
    }
    assert found == {
        ("CircleCI Checks", "build", "1", "failure"): 390,
        ("CircleCI Checks", "build", "2", "success"): 200,
        ("Codecov", "codecov/patch", "1", "success"): 3 * HOUR - 800,
        ("ci/jenkins", "ci/jenkins", "1", "failure"): 300,
        ("ci/jenkins", "ci/jenkins", "2", "success"): 4 * HOUR - 400,
    }
    runs = [row for row in world.points("workflow_run") if row["workflow"] != "CI"]
    assert {(row["branch"], row["head_sha"], row["jobs"]) for row in runs} == {("main", SHA, 1)}
    assert world.points("flake") == []
    await world.sync_well("afterwards", checks="all")
    assert world.all_points("afterwards") == world.all_points()


async def test_checks_cost_two_requests_a_commit_and_nothing_where_nothing_changed(world: World) -> None:
    add_checks(world)
    for number in range(5):
        began = NOON - 9 * HOUR + number
        world.add(replace(run(began, attempt(began)), head_sha=f"{number:040x}"))
    world.clock.advance(6 * HOUR)
    await world.sync_well(checks="all")
    assert len(world.github.log.paths("/commits/")) == 2 * 6
    for hours in (1, 12, 24):
        world.github.log.clear()
        world.clock.advance(hours * HOUR)
        await world.sync_well(checks="all")
        asked = [one for one in world.github.log.requests if "/commits/" in one.path]
        assert {one.status for one in asked} <= {304}
    assert asked == [], "nothing is expected of a commit whose last run is days old"


async def test_a_token_that_may_not_read_checks_is_logged_once(world: World) -> None:
    add_checks(world)
    world.clock.advance(DAY)
    world.github.faults.add("/commits/", faults.missing_permission("statuses=read"), times=None)
    summary = await world.sync_well(checks="all")
    assert summary.anomalies_by_kind == {"checks forbidden": 1}
    assert summary.jobs == 1


# Waiting for an approval


async def test_a_wait_for_an_approval_is_told_from_one_for_a_runner(world: World) -> None:
    approved = NOON + 3 * HOUR
    deploy = replace(job("deploy", approved + 30), created_at=NOON + 70, decided_at=approved)
    rejected = unserved("rejected", NOON + 70, 4 * HOUR, "failure", decided_at=NOON + 70 + 4 * HOUR)
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 5), deploy, rejected)))
    world.clock.advance(HOUR)
    await world.sync_well()
    world.clock.advance(8 * HOUR)
    assert (await world.sync_well()).anomalies == 0
    (point,) = named(world, "job", "deploy")
    assert (point["approval_s"], point["queued_s"]) == (approved - NOON - 70, 30)
    assert named(world, "job", "rejected")[0]["approval_s"] == 4 * HOUR
    (whole,) = world.points("workflow_run")
    assert (whole["duration_s"], whole["queued_s"]) == (70 + 30 + 60, 5)
    assert len(world.github.log.paths("/deployments")) == 4


async def test_who_deploys_nothing_is_asked_once(world: World) -> None:
    for number in range(5):
        slow = replace(job("unit", NOON + 5 + HOUR), created_at=NOON)
        world.add(run(NOON + number, attempt(NOON + number, slow)))
    world.clock.advance(3 * HOUR)
    assert (await world.sync_well()).anomalies == 0
    assert {point["queued_s"] for point in world.points("job")} == {HOUR + 5}
    assert len(world.github.log.paths("/deployments")) == 1


async def test_a_token_that_may_not_read_deployments_is_logged_once(world: World) -> None:
    slow = replace(job("unit", NOON + 5 + HOUR), created_at=NOON)
    world.add(run(NOON, attempt(NOON, slow)))
    world.github.faults.add("/deployments", faults.missing_permission("deployments=read"), times=None)
    world.clock.advance(3 * HOUR)
    assert (await world.sync_well()).anomalies_by_kind == {"approvals forbidden": 1}
    assert len(world.points("job")) == 1


# Both stores


async def test_both_stores_hold_the_same_of_all_of_this(
    world: World, influx_settings: InfluxSettings, read_back: ReadBack
) -> None:
    """A day of several situations, read again and again: also what is taken back is gone from both."""
    again = NOON + 2 * HOUR
    add_checks(world)
    world.add(
        run(
            NOON + 1,
            attempt(
                NOON + 1,
                job("Tests (a) / unit (3.12)", NOON + 5, conclusion="failure"),
                unserved("deploy", NOON + 2, 3_000, "failure"),
                job("late", NOON + 9, 3_500, listed_at=NOON + 4 * HOUR),
                reporter("report", NOON + 600, "failure", annotations=(Annotation("bang"),)),
            ),
            attempt(again, job("Tests (a) / unit (3.12)", again + 3)),
            touched=(NOON + 5 * HOUR,),
        ),
        run(NOON + 2, attempt(NOON + 2), name="Update #17", path="dynamic/x", workflow=99),
    )
    influx = {
        name: value.get_secret_value() if hasattr(value, "get_secret_value") else str(value)
        for name, value in influx_settings.model_dump().items()
        if name in ("url", "org", "bucket", "token")
    }
    for hours in (1, 3, 6):
        world.clock.now = NOON + hours * HOUR
        await world.sync_well(checks="all")
        await world.sync_well("influx", checks="all", influxdb=influx)
    await world.sync_well("afterwards", checks="all")
    assert world.all_points("afterwards") == world.all_points()
    for measurement in MEASUREMENTS.values():
        if measurement.name != ETL.name:
            stored = [{"time": point.time, **point.tags, **point.fields} for point in read_back(measurement)]
            expected = [
                {name: value for name, value in row.items() if value is not None}
                for row in world.points(measurement.name)
            ]
            key = repr
            assert sorted(stored, key=key) == sorted(expected, key=key), measurement.name
    assert {row["job_group"] for row in world.points("job")} >= {"Tests / unit"}
    assert NAME in {row["repository"] for row in world.points("job")}


async def test_a_runner_label_of_its_own_for_each_run_is_warned_of(world: World) -> None:
    for number in range(30):
        label = f"ec2-{number:05x}"
        begun = NOON + number
        world.add(run(begun, attempt(begun, job("unit", begun + 5, labels=(label,)))))
    world.clock.advance(HOUR)
    (warning,) = (await world.sync_well(distinct=20)).warnings
    assert warning.startswith(
        "tag 'runner' took about 30 distinct values in 30 days, more than 20 (distinct)"
    )
    assert "`masks.extra" in warning
    assert (await world.sync_well(distinct=20)).warnings == []


async def test_too_many_branches_and_workflows_name_their_settings(world: World) -> None:
    for number in range(8):
        begun = NOON + number
        world.repository.workflows.append(Workflow(100 + number, f"Flow {number}", f"{number}.yml"))
        world.add(run(begun, attempt(begun), workflow=100 + number, head_branch=f"release/{number}"))
    world.clock.advance(HOUR)
    told = (await world.sync_well(distinct=5, branches=["release/*"])).warnings
    assert [warning.split("'")[1] for warning in told] == ["workflow", "branch"]
    assert [name in warning for name, warning in zip(("`workflows`", "`branches`"), told, strict=True)] == [
        True,
        True,
    ]


async def test_a_late_job_of_the_first_attempt_makes_the_second_ones_a_repetition(world: World) -> None:
    """GitHub lists it in the second attempt, which inherits it, before it does in the first."""
    again = NOON + HOUR
    late = job("late", NOON + 9, 300, "failure", listed_at=NOON + 4 * HOUR)
    lint = job("lint", NOON + 9, listed_at=NOON + 4 * HOUR)
    world.add(
        run(
            NOON,
            attempt(NOON, job("unit", NOON + 5), late, lint),
            attempt(again, inherited(lint, Inheritance.RECREATE, again), job("late", again + 5)),
        )
    )
    for hours in (2, 5, 6):
        world.clock.now = NOON + hours * HOUR
        await world.sync_well()
    assert {(row["job"], row["attempt"]): row["repeated_s"] for row in world.points("job")} == {
        ("unit", "1"): None,
        ("late", "1"): None,
        ("lint", "1"): None,
        ("late", "2"): 60,
    }
    await world.sync_well("afterwards")
    assert world.all_points("afterwards") == world.all_points()
