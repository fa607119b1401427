"""Runs that change while time passes: every attempt and every job is stored, and stored once."""

from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from etl.pipeline.run_once import sync_and_deliver
from tests.pipeline.world import (
    DAY,
    HOUR,
    NAME,
    NOON,
    Annotation,
    Inheritance,
    Job,
    Repository,
    Step,
    Workflow,
    World,
    attempt,
    faults,
    inherited,
    job,
    run,
    simulated,
    synthetic,
)

S = 1_000_000_000


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with simulated(tmp_path) as made:
        yield made


def attempts(world: World, data: str = "data") -> list[str]:
    return sorted(point["attempt"] for point in world.points("workflow_run", data))


def jobs(world: World, data: str = "data") -> Counter[tuple[str, str]]:
    return Counter((point["job"], point["attempt"]) for point in world.points("job", data))


async def test_run_in_progress_at_the_first_sync_and_finished_at_the_third(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 30, 3 * HOUR))))
    world.clock.advance(HOUR)
    assert (await world.sync_well()).points == 0
    world.clock.advance(HOUR)
    assert (await world.sync_well()).points == 0
    world.clock.advance(2 * HOUR)
    await world.sync_well()

    (point,) = world.points("workflow_run")
    assert (point["time"] // S, point["duration_s"]) == (NOON + 30 + 3 * HOUR, 30 + 3 * HOUR)
    assert jobs(world) == {("unit", "1"): 1}


@pytest.mark.parametrize("days", [14, 32])
async def test_run_that_finishes_long_after_it_was_created(world: World, days: int) -> None:
    """Two weeks later its window is still looked at, 32 days later it is asked for by its id."""
    world.add(run(NOON, attempt(NOON, job("soak", NOON + 60, days * DAY))))
    for day in (0, 1, days - 1):
        world.clock.now = NOON + day * DAY + HOUR
        await world.sync_well()
    assert world.points("workflow_run") == world.points("job") == []
    world.clock.now = NOON + days * DAY + HOUR
    await world.sync_well()

    (point,) = world.points("workflow_run")
    assert point["time"] // S == NOON + 60 + days * DAY
    assert jobs(world) == {("soak", "1"): 1}


async def test_rerun_on_day_29_keeps_each_attempt_once(world: World) -> None:
    later = NOON + 29 * DAY
    world.add(
        run(
            NOON,
            attempt(NOON, job("unit", NOON + 5, conclusion="failure")),
            attempt(later, job("unit", later + 5, conclusion="failure")),
            attempt(later + HOUR, job("unit", later + HOUR + 5)),
        )
    )
    world.clock.advance(HOUR)
    await world.sync_well()
    assert attempts(world) == ["1"]
    world.clock.now = later + 2 * HOUR
    await world.sync_well()
    await world.sync_well()
    assert attempts(world) == ["1", "2", "3"]
    assert jobs(world) == {("unit", "1"): 1, ("unit", "2"): 1, ("unit", "3"): 1}
    durations = [point["duration_s"] for point in world.points("workflow_run")]
    assert durations == [65, 65, 65], "each from its own start, none from the run's creation"

    await world.sync_well("afterwards", since="30d")
    assert world.all_points("afterwards") == world.all_points()


async def test_rerun_before_weeks_without_a_sync_is_found(world: World) -> None:
    later = NOON + 8 * DAY
    first = attempt(NOON, job("unit", NOON + 5, conclusion="failure"))
    world.add(run(NOON, first, attempt(later, job("unit", later + 5))))
    world.clock.now = later - HOUR
    await world.sync_well(since="10d")
    assert attempts(world) == ["1"]
    world.clock.now = later + 25 * DAY
    await world.sync_well(since="10d")
    assert attempts(world) == ["1", "2"]


@pytest.mark.parametrize("way", Inheritance)
async def test_partial_rerun_counts_inherited_jobs_once(world: World, way: Inheritance) -> None:
    again = NOON + 2 * HOUR
    lint = job("lint", NOON + 5)
    world.add(
        run(
            NOON,
            attempt(NOON, lint, job("unit", NOON + 5, conclusion="failure")),
            attempt(again, inherited(lint, way, again), job("unit", again + 9)),
        )
    )
    world.clock.advance(HOUR)
    await world.sync_well()
    assert attempts(world) == ["1"]
    world.clock.advance(2 * HOUR)
    await world.sync_well()

    assert jobs(world) == {("lint", "1"): 1, ("unit", "1"): 1, ("unit", "2"): 1}
    second = world.points("workflow_run")[1]
    assert (second["jobs"], second["queued_s"], second["conclusion"]) == (1, 9, "success")
    await world.sync_well("afterwards")
    assert world.all_points("afterwards") == world.all_points()


async def test_rerun_between_reading_the_run_and_reading_its_jobs(world: World) -> None:
    again = NOON + 2 * HOUR
    world.add(
        run(
            NOON,
            attempt(NOON, job("unit", NOON + 5, conclusion="failure")),
            attempt(again, job("unit", again + 5)),
        )
    )
    world.clock.advance(HOUR)

    def begin_again() -> None:
        world.clock.now = again + 10

    world.github.faults.add(r"/actions/runs\?created=2026-03-02", faults.after(begin_again))
    await world.sync_well()
    assert world.clock.now == again + 10
    assert [(p["attempt"], p["conclusion"]) for p in world.points("job")] == [("1", "failure")]

    world.clock.advance(HOUR)
    await world.sync_well()
    assert [(p["attempt"], p["conclusion"]) for p in world.points("workflow_run")] == [
        ("1", "failure"),
        ("2", "success"),
    ]
    assert [(p["attempt"], p["conclusion"]) for p in world.points("job")] == [
        ("1", "failure"),
        ("2", "success"),
    ]


@pytest.mark.parametrize(
    "looked_at",
    [
        pytest.param((), id="never seen in between"),
        pytest.param(
            (2, 20, 34),
            id="seen in between",
        ),
    ],
)
async def test_stuck_run_ages_out(world: World, looked_at: tuple[int, ...]) -> None:
    stuck = run(NOON, attempt(NOON, job("quick", NOON + 5), job("stuck", NOON + 5, None)))
    world.add(stuck, run(NOON + 9, attempt(NOON + 9, job("other", NOON + 10))))
    world.clock.advance(HOUR)
    await world.sync_well()
    assert jobs(world) == {("other", "1"): 1}, "the stuck run blocks no other"
    for day in looked_at:
        world.clock.now = NOON + day * DAY
        assert (await world.sync_well()).anomalies == 0
        assert jobs(world) == {("other", "1"): 1, ("quick", "1"): 1}
    world.clock.now = NOON + 36 * DAY
    anomalies = (await world.sync_well()).anomalies

    world.clock.advance(DAY)
    world.github.log.clear()
    assert (await world.sync_well()).points == 0
    assert jobs(world) == {("other", "1"): 1, ("quick", "1"): 1}
    assert len(world.points("workflow_run")) == 1
    assert anomalies == 1
    assert world.github.log.paths(f"/actions/runs/{stuck.id}") == []


async def test_finished_jobs_of_an_open_attempt_are_stored_after_a_day(world: World) -> None:
    quick = job(
        "quick",
        NOON + 5,
        conclusion="failure",
        steps=(Step("Run", NOON + 6, NOON + 60, "failure"),),
        annotations=(Annotation("it broke"),),
    )
    world.add(run(NOON, attempt(NOON, quick, job("soak", NOON + 5, 3 * DAY))))
    world.clock.advance(DAY - HOUR)
    assert (await world.sync_well()).points == 0
    world.clock.advance(2 * HOUR)
    # The job and its step: what is said of its failure waits for its log, which comes with the attempt's end.
    assert (await world.sync_well()).points == 2
    early = world.all_points()
    assert jobs(world) == {("quick", "1"): 1}

    world.clock.advance(3 * DAY)
    await world.sync_well()
    late = world.all_points()
    assert jobs(world) == {("quick", "1"): 1, ("soak", "1"): 1}
    assert all(point in late[name] for name, points in early.items() for point in points)
    assert [len(late[name]) for name in ("workflow_run", "job", "step", "failure")] == [1, 2, 1, 1]


async def test_two_jobs_with_equal_names_and_times(world: World) -> None:
    def twin() -> Job:
        return job(
            "twin",
            NOON + 5,
            conclusion="failure",
            steps=(Step("Run", NOON + 6, NOON + 60, "failure"),),
            annotations=(Annotation("it broke"), Annotation("it broke")),
        )

    twins = (twin(), twin())
    world.add(run(NOON, attempt(NOON, *twins)))
    world.clock.advance(HOUR)
    await world.sync_well()

    ids = sorted(one.id for one in twins)
    assert sorted(point["job_id"] for point in world.points("job")) == ids
    assert sorted(point["job_id"] for point in world.points("step")) == ids
    assert Counter(point["job_id"] for point in world.points("failure")) == dict.fromkeys(ids, 2)


async def test_renamed_workflow(world: World) -> None:
    again = NOON + 3 * HOUR
    old = run(NOON, attempt(NOON, job("unit", NOON + 5)), attempt(again, job("unit", again + 5)))
    world.add(old)
    world.clock.advance(HOUR)
    await world.sync_well()
    first = world.all_points()

    flow = world.repository.workflows[0]
    world.repository.workflows[0] = Workflow(flow.id, "Build and test", flow.path)
    new = run(NOON + HOUR, attempt(NOON + HOUR, job("unit", NOON + HOUR + 5)))
    world.add(new)
    world.clock.now = again + HOUR
    await world.sync_well()

    named = {(p["run_id"], p["attempt"]): p["workflow"] for p in world.points("workflow_run")}
    assert named == {(old.id, "1"): "CI", (old.id, "2"): "CI", (new.id, "1"): "Build and test"}
    late = world.all_points()
    assert all(point in late[name] for name, points in first.items() for point in points)


async def test_repositories_renamed_gone_and_forbidden_beside_healthy_ones(world: World) -> None:
    names = [NAME, "acme/gone", "acme/forbidden", "acme/healthy"]
    repositories = world.github.history.repositories
    repositories += [
        Repository(50 + index, name, list(world.repository.workflows)) for index, name in enumerate(names[1:])
    ]
    for repository in repositories:
        repository.runs.append(run(NOON, attempt(NOON, job("unit", NOON + 5))))
    world.clock.advance(HOUR)
    assert [summary.error for summary in await world.sync(repositories=names)] == [None] * 4

    renamed, gone, forbidden, healthy = repositories
    renamed.full_name, renamed.former_names = "acme/spaceship", (NAME,)
    repositories.remove(gone)
    world.github.faults.add(
        f"^/repos/{forbidden.full_name}", faults.missing_permission("actions=read"), times=None
    )
    for repository in (renamed, forbidden, healthy):
        repository.runs.append(run(NOON + HOUR, attempt(NOON + HOUR, job("unit", NOON + HOUR + 5))))
    world.clock.advance(HOUR)
    errors = {summary.repository: summary.error for summary in await world.sync(repositories=names)}

    assert errors[NAME] is errors["acme/healthy"] is None
    assert "404" in (errors["acme/gone"] or "")
    assert "actions=read" in (errors["acme/forbidden"] or "")
    counts = Counter(point["repository"] for point in world.points("workflow_run"))
    assert counts == {NAME: 2, "acme/healthy": 2, "acme/gone": 1, "acme/forbidden": 1}
    states = [(point["repository"], point["status"]) for point in world.points("etl")]
    assert Counter(states)["acme/gone", "error"] == 1


async def test_second_sync_with_nothing_new_costs_at_most_one_request(world: World) -> None:
    world.add(
        *(run(NOON - n * 600, attempt(NOON - n * 600)) for n in range(150)),
        run(NOON, attempt(NOON, job("unit", NOON + 5, conclusion="failure"))),
    )
    world.clock.advance(HOUR)
    async with world.pipeline() as pipeline:
        await sync_and_deliver(pipeline)
        before = world.all_points()
        world.github.log.clear()
        world.clock.advance(300)
        (summary,), _ = await sync_and_deliver(pipeline)
    assert summary.points == 0
    assert world.github.log.counted <= 1

    for seconds in (300, DAY):  # another process, and another one on the next day
        world.github.log.clear()
        world.clock.advance(seconds)
        assert (await world.sync_well()).points == 0
        assert world.github.log.counted <= 1
    assert len(before["workflow_run"]) == 151
    assert world.all_points() == before


async def test_304_belongs_to_a_token(world: World) -> None:
    world.add(*(run(NOON - n * HOUR, attempt(NOON - n * HOUR)) for n in range(30)))
    world.clock.advance(HOUR)
    await world.sync_well()
    before = world.all_points()

    world.github.log.clear()
    other = {"token": "another"}
    assert (await world.sync_well(github=other)).points == 0
    assert {(asked.token, asked.status) for asked in world.github.log.requests} == {("another", 200)}
    world.github.log.clear()
    assert (await world.sync_well(github=other)).points == 0
    assert {asked.status for asked in world.github.log.requests} == {304}
    assert world.all_points() == before


async def test_synced_hourly_or_in_one_backfill_is_the_same_data(tmp_path: Path) -> None:
    """Hourly for a day, then now and then until the last late re-run is through."""
    history = synthetic(seed=12, days=1, pushes=10)
    first, last = (int(moment.timestamp()) for moment in (history.start, history.end))
    async with simulated(tmp_path, history) as world:
        world.clock.now = first + 600
        while world.clock.now < last + HOUR:
            await world.sync_well("hourly")
            world.clock.advance(HOUR if world.clock.now < first + DAY else 8 * HOUR)
        await world.sync_well("hourly")
        await world.backfill_well(first - first % DAY, int(world.clock.now), "backfilled")

        hourly, backfilled = world.all_points("hourly"), world.all_points("backfilled")
    assert last > first + 2 * DAY
    assert {len(item.attempts) for item in history.repositories[0].runs} == {1, 2}
    assert len(hourly["failure"]) >= 5
    for name, points in hourly.items():
        assert points == backfilled[name], name


def unfinished(page: dict[str, list[dict[str, object]]]) -> object:
    """A page of jobs whose first one has not ended yet."""
    late = {**page["jobs"][0], "status": "in_progress", "conclusion": None, "completed_at": None}
    return {**page, "jobs": [late, *page["jobs"][1:]]}


async def test_run_that_ends_before_its_jobs_are_told_to_have_ended(world: World) -> None:
    """GitHub catches up later, without changing the run: it is asked for by id until its jobs settle."""
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 30), job("lint", NOON + 30))))
    world.clock.advance(10 * 60)
    world.github.faults.add("/jobs", faults.changed(unfinished))
    assert (await world.sync_well()).points == 0
    world.clock.advance(5 * 60)
    await world.sync_well()
    assert jobs(world) == {("unit", "1"): 1, ("lint", "1"): 1}
    assert attempts(world) == ["1"]
    assert (await world.sync_well()).runs == 0


async def test_job_that_never_ends_does_not_hold_its_run_forever(world: World) -> None:
    world.add(run(NOON, attempt(NOON, job("unit", NOON + 30), job("lint", NOON + 30))))
    world.github.faults.add("/jobs", faults.changed(unfinished), times=None)
    world.clock.advance(10 * 60)
    assert (await world.sync_well()).points == 0
    world.clock.advance(2 * HOUR)
    assert (await world.sync_well()).anomalies == 1
    assert jobs(world) == {("lint", "1"): 1}
    assert (await world.sync_well()).runs == 0


async def test_token_that_may_not_read_annotations_costs_only_them(world: World) -> None:
    failing = job("unit", NOON + 30, conclusion="failure", annotations=(Annotation("boom"),))
    other = job("lint", NOON + 30, conclusion="failure", annotations=(Annotation("bang"),))
    world.add(
        run(NOON, attempt(NOON, failing, other)), run(NOON + 9, attempt(NOON + 9, job("unit", NOON + 20)))
    )
    world.github.faults.add("/annotations", faults.missing_permission("checks=read"), times=None)
    world.clock.advance(HOUR)
    summary = await world.sync_well(logs="off")
    assert (summary.jobs, summary.anomalies) == (3, 1)
    assert world.points("failure") == []
    assert len(world.github.log.paths("/annotations")) == 1


async def test_check_suite_that_is_gone_leaves_the_failed_jobs_annotations(world: World) -> None:
    failing = job("unit", NOON + 30, conclusion="failure", annotations=(Annotation("boom"),))
    world.add(run(NOON, attempt(NOON, failing)))
    world.github.faults.add("/check-suites/", faults.status(404), times=None)
    world.clock.advance(HOUR)
    summary = await world.sync_well(annotations="all")
    assert summary.anomalies == 1
    assert [point["message"] for point in world.points("failure")] == ["boom"]
