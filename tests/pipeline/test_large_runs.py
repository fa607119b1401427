"""Runs with more results than are read beside others: all are there, and each artifact is downloaded once."""

from pathlib import Path

import structlog

from etl.demo.history import Artifact
from etl.demo.suites import Case, Planned, archive, report
from tests.pipeline.world import HOUR, NOON, World, attempt, job, run, simulated

RUNS, ARTIFACTS, RESULTS = 3, 2, 12_000


def add(world: World) -> None:
    cases = [Case(Planned("suite", f"test {number}"), red=False, seconds=0.1) for number in range(RESULTS)]
    content = archive([("junit.xml", report(cases))])
    for number in range(RUNS):
        began = NOON - HOUR * (number + 2)
        jobs = (
            job(
                f"unit {one}",
                began,
                artifacts=(Artifact(10 * number + one, f"junit-{one}", began + 50, content),),
            )
            for one in range(ARTIFACTS)
        )
        world.add(run(began, attempt(began, *jobs)))


async def test_large_runs_at_once_are_read_whole(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        add(world)
        summary = await world.sync_well(tests={"points": "failed"})
        downloads = sum(request.path.endswith("/zip") for request in world.github.log.requests)
    assert downloads == RUNS * ARTIFACTS
    assert summary.tests == RUNS * ARTIFACTS * RESULTS
    assert [point["total"] for point in world.points("test_report")] == [RESULTS] * RUNS * ARTIFACTS


async def test_what_is_more_than_a_run_may_hold_is_reported_and_the_rest_is_there(tmp_path: Path) -> None:
    largest = 4 << 20
    async with simulated(tmp_path) as world:
        add(world)
        with structlog.testing.capture_logs() as logs:
            await world.sync_well(tests={"points": "failed", "largest_run": largest})
    told = [entry["detail"] for entry in logs if entry["event"] == "anomaly"]
    assert len(told) == RUNS * ARTIFACTS
    assert all(f"take more than {largest} bytes of memory" in detail for detail in told)
    totals = [point["total"] for point in world.points("test_report")]
    assert len(totals) == RUNS
    assert RESULTS * 0.8 < min(totals) <= max(totals) < RESULTS
