from pathlib import Path

from etl.demo import faults
from tests.pipeline.world import NOON, attempt, job, run, simulated

HOUR = 3_600


async def test_null_costs_what_was_asked_for_and_not_the_sync(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        failed = job("unit", NOON - HOUR + 5, conclusion="failure")
        world.add(run(NOON - HOUR, attempt(NOON - HOUR, failed)))
        world.github.faults.add("annotations", faults.changed(lambda _: None), times=None)
        summary = await world.sync_well()
        assert (summary.jobs, summary.anomalies) == (1, 1)
        assert len(world.github.log.paths("annotations")) == 1
