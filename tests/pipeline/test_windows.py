"""Listings that are larger than GitHub gives, or that change while they are read."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from etl.extract.github.runs import list_window
from etl.extract.github.windows import Window
from tests.pipeline.world import (
    DAY,
    HOUR,
    NAME,
    NOON,
    Annotation,
    Workflow,
    World,
    attempt,
    faults,
    job,
    run,
    simulated,
)

MIDNIGHT = NOON - 12 * HOUR
BEYOND_CAP = pytest.mark.parametrize("beyond_cap", ["422", "empty"])


@pytest.fixture
def beyond_cap() -> str:
    return "422"


@pytest.fixture
async def world(tmp_path: Path, beyond_cap: str) -> AsyncIterator[World]:
    async with simulated(tmp_path, beyond_cap=beyond_cap) as made:
        made.clock.now = MIDNIGHT + DAY + HOUR
        yield made


def stored(world: World, data: str = "data") -> Counter[int]:
    return Counter(point["run_id"] for point in world.points("workflow_run", data))


def expected(world: World) -> dict[int, int]:
    return {item.id: 1 for item in world.repository.runs}


async def listed(world: World) -> list[int]:
    """What listing the day's window gives: ids, each once."""
    async with world.pipeline() as pipeline:
        workflows = [flow.id for flow in world.repository.workflows]
        listing = await list_window(pipeline.client(NAME), Window(MIDNIGHT, MIDNIGHT + DAY - 1), workflows)
    assert listing.anomalies == []
    return sorted(listing.runs)


@BEYOND_CAP
@pytest.mark.parametrize("count", [999, 1_000, 1_001])
async def test_window_of_about_a_thousand_runs_in_a_day(world: World, count: int) -> None:
    world.add(*(run(MIDNIGHT + n * 86) for n in range(count)))
    assert await listed(world) == sorted(expected(world))


async def test_a_thousand_and_one_runs_in_a_day_are_stored_once(world: World) -> None:
    world.add(*(run(MIDNIGHT + n * 86) for n in range(1_001)))
    summary = await world.sync_well()
    assert (summary.runs, summary.anomalies) == (1_001, 0)
    assert stored(world) == expected(world)
    world.github.log.clear()
    assert (await world.sync_well()).points == 0
    assert world.github.log.counted <= 1


@BEYOND_CAP
async def test_a_thousand_runs_in_one_second(world: World) -> None:
    """A second is split by workflow, and a workflow's by event."""
    world.repository.workflows.append(Workflow(8, "Docs", "docs.yml"))
    world.add(*(run(NOON, event=event) for event in ("push", "schedule") for _ in range(500)))
    world.add(*(run(NOON, workflow=8) for _ in range(20)))
    assert await listed(world) == sorted(expected(world))


@pytest.mark.parametrize("count", [1_000, 1_001])
async def test_what_cannot_be_split_is_read_to_the_cap(world: World, count: int) -> None:
    world.add(*(run(NOON) for _ in range(count)))
    async with world.pipeline() as pipeline:
        listing = await list_window(pipeline.client(NAME), Window(NOON, NOON), [7])
    assert [anomaly.kind for anomaly in listing.anomalies] == ["window truncated"]
    assert len(listing.runs) == 1_000


def no_runs(page: Any) -> Any:
    return page | {"workflow_runs": []}


@pytest.mark.parametrize("times", [1, 3])
@pytest.mark.parametrize(
    "answer", [faults.changed(no_runs), faults.status(422, "Validation failed")], ids=["empty page", "422"]
)
async def test_less_than_was_promised(world: World, answer: faults.Respond, times: int) -> None:
    """Once: the walk is repeated; more often: the window is split."""
    world.add(*(run(MIDNIGHT + n * 200) for n in range(215)))
    world.github.faults.add(r"created=2026-03-02.*[?&]page=2", answer, times=times)
    assert (await world.sync_well()).anomalies == 0
    assert stored(world) == expected(world)
    assert (await world.sync_well()).points == 0
    assert stored(world) == expected(world)


async def test_run_inserted_while_paging(world: World) -> None:
    """All runs are shifted by one: none is stored twice, and the new one at the latest next time."""
    world.clock.now = MIDNIGHT + 20 * HOUR
    world.add(*(run(MIDNIGHT + n * 400) for n in range(130)))
    late = run(MIDNIGHT + 20 * HOUR)
    world.github.faults.add("created=2026-03-02", faults.after(lambda: world.add(late)))
    await world.sync_well()
    assert late in world.repository.runs
    assert stored(world) | {late.id: 1} == expected(world)
    world.clock.advance(60)
    await world.sync_well()
    assert stored(world) == expected(world)


def delete_newest(world: World) -> Callable[[], None]:
    return lambda: world.repository.runs.remove(max(world.repository.runs, key=lambda item: item.created_at))


async def test_run_deleted_while_paging(world: World) -> None:
    """All runs are shifted past us by one: the one we missed comes at the latest next time."""
    world.add(*(run(MIDNIGHT + n * 400) for n in range(130)))
    world.github.faults.add("created=2026-03-02", faults.after(delete_newest(world)))
    await world.sync_well()
    await world.sync_well()
    assert len(world.repository.runs) == 129
    assert stored(world) == expected(world)


async def test_run_deleted_while_a_backfill_pages(world: World) -> None:
    """There is no next time: the day has to be walked once more."""
    world.add(*(run(MIDNIGHT + n * 400) for n in range(130)))
    world.github.faults.add("created=2026-03-02", faults.after(delete_newest(world)))
    await world.backfill_well(MIDNIGHT, MIDNIGHT + DAY)
    assert len(world.repository.runs) == 129
    assert stored(world) == expected(world)


async def test_more_than_a_hundred_jobs(world: World) -> None:
    jobs = [job(f"unit ({n})", NOON + 5 + n) for n in range(250)]
    world.add(run(NOON, attempt(NOON, *jobs)))
    assert (await world.sync_well()).jobs == 250
    assert sorted(point["job_id"] for point in world.points("job")) == [item.id for item in jobs]
    (point,) = world.points("workflow_run")
    assert (point["jobs"], point["duration_s"]) == (250, 5 + 249 + 60)


async def test_more_than_fifty_annotations(world: World) -> None:
    messages = [f"test_{chr(97 + n // 26)}{chr(97 + n % 26)} broke" for n in range(120)]
    broken = job(
        "unit", NOON + 5, conclusion="failure", annotations=tuple(Annotation(text) for text in messages)
    )
    world.add(run(NOON, attempt(NOON, broken)))
    await world.sync_well()
    assert sorted(point["message"] for point in world.points("failure")) == messages


@pytest.mark.parametrize(
    ("setting", "wanted"),
    [("failed", ["it broke", "too late"]), ("all", ["it broke", "it broke, and was ignored", "too late"])],
)
async def test_annotations_of_failed_jobs_or_of_all(world: World, setting: str, wanted: list[str]) -> None:
    warning = Annotation("deprecated", level="warning")
    jobs = [
        job("bad", NOON + 5, conclusion="failure", annotations=(Annotation("it broke"), warning)),
        job("slow", NOON + 5, conclusion="timed_out", annotations=(Annotation("too late"),)),
        job("good", NOON + 5, annotations=(warning, Annotation("it broke, and was ignored"))),
        job("quiet", NOON + 5),
    ]
    world.add(run(NOON, attempt(NOON, *jobs)))
    await world.sync_well(annotations=setting)
    assert sorted(point["message"] for point in world.points("failure")) == wanted
    asked = {int(path.split("/")[5]) for path in world.github.log.paths("/annotations")}
    assert asked == {item.id for item in (jobs[:2] if setting == "failed" else jobs[:3])}
