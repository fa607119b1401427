"""The first day that is read is read whole, wherever in it the range begins."""

from pathlib import Path

from etl.demo.history import Artifact
from etl.demo.suites import Case, Planned, archive, report
from tests.pipeline.world import DAY, HOUR, NOON, World, attempt, job, run, simulated

CONTENT = archive([("junit.xml", report([Case(Planned("suite", "test"), red=False, seconds=1.0)]))])


def add_morning(world: World) -> None:
    """A run on the morning of the day before, with a report."""
    begun = NOON - DAY - 3 * HOUR
    uploaded = Artifact(1, "junit-unit", begun + 50, CONTENT)
    world.add(run(begun, attempt(begun, job("unit", begun, artifacts=(uploaded,)))))


async def test_a_sync_reads_the_reports_of_the_runs_that_it_lists(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        add_morning(world)
        await world.sync_well(since="1d")
        assert len(world.points("workflow_run")) == len(world.points("test_report")) == 1


async def test_a_backfill_reads_the_reports_of_the_runs_that_it_lists(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        add_morning(world)
        await world.backfill_well(NOON - DAY, NOON)
        assert len(world.points("workflow_run")) == len(world.points("test_report")) == 1
