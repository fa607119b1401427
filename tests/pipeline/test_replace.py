"""A replace deletes nothing that it cannot write again: what GitHub has no more, or tells wrongly, stays."""

from pathlib import Path

import pytest

from etl.load.duckdb import DuckStore
from tests.pipeline.test_open_pieces import LIES, made_run
from tests.pipeline.world import DAY, HOUR, NAME, NOON, World, faults, simulated

RENAMED = {"extra": [{"pattern": "unit", "placeholder": "<kind>"}]}
MIDNIGHT = NOON - 12 * HOUR


async def backfilled(world: World, days: int = 80, step: int = 8) -> None:
    """A run every few days, all of them stored."""
    for day in range(0, days, step):
        world.add(made_run(NOON - day * DAY - HOUR))
    summary = await world.backfill(MIDNIGHT - days * DAY, None)
    assert (summary.error, summary.open) == (None, 0)


async def test_what_github_has_no_more_stays(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        await backfilled(world)
        before = world.all_points()
        del world.repository.runs[5:]
        summary = await world.backfill(MIDNIGHT - 80 * DAY, None, replace=True)
        assert summary.error is None
        assert "stay as they are" in summary.warnings[0]
        assert world.all_points() == before


async def test_all_is_replaced_where_there_never_was_more(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        await backfilled(world, days=30)
        summary = await world.backfill(MIDNIGHT - 80 * DAY, None, replace=True, masks=RENAMED)
        assert (summary.error, summary.warnings) == (None, [])
        assert {point["job"] for point in world.points("job")} == {"lint", "<kind>"}


@pytest.mark.parametrize("lie", ["null", "error with 200", "404"])
async def test_nothing_is_deleted_where_github_does_not_answer_well(lie: str, tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        await backfilled(world)
        before = world.all_points()
        world.github.faults.add(r"/actions/runs\?", LIES[lie](), times=None)
        assert (await world.backfill(MIDNIGHT - 80 * DAY, None, replace=True)).error
        assert world.all_points() == before


async def test_nothing_is_deleted_where_github_lists_nothing(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        await backfilled(world)
        before = world.all_points()
        empty = faults.changed(lambda _: {"total_count": 0, "workflow_runs": []})
        world.github.faults.add(r"/actions/runs\?", empty, times=None)
        summary = await world.backfill(MIDNIGHT - 80 * DAY, None, replace=True)
        assert "nothing is deleted" in (summary.error or "")
        assert world.all_points() == before


async def test_what_the_store_keeps_no_longer_is_not_deleted_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store keeps 20 days: what is older is its own to delete, and could not be written again."""
    async with simulated(tmp_path) as world:
        await backfilled(world)
        before = world.all_points()

        async def oldest(_store: DuckStore) -> int:
            return int(world.clock()) - 20 * DAY

        monkeypatch.setattr(DuckStore, "oldest", oldest)
        summary = await world.backfill(MIDNIGHT - 80 * DAY, None, replace=True)
        assert (summary.repository, summary.error) == (NAME, None)
        assert world.all_points() == before
