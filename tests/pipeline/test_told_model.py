"""The model of webhooks that cannot be relied on: whatever becomes of deliveries, the points are those of polling.

Deliveries are lost, doubled, late and out of order. Runs are green or red, re-run in whole and in part; beside their
jobs there are check runs of reporters, jobs of equal names, jobs that no runner took, and jobs that are listed late.
The process ends and starts again in between.
"""

import asyncio
import json
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from etl.demo.history import Artifact, Job, Run
from etl.demo.webhooks import Hook, timed_hooks
from etl.extract.github.webhooks import parse
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all
from etl.pipeline.webhooks import WebhookQueue
from tests.pipeline.test_moving_runs import END, runs
from tests.pipeline.test_open_pieces import REPORT
from tests.pipeline.world import DAY, HOUR, NAME, NOON, Step, World, attempt, job, run, simulated

NAMES = ("unit (1)", "unit (2)", "lint", "lint")
# What becomes of a delivery: the delays with which it comes, in seconds.
OF_JOBS = [(0,), (0,), (), (), (0, 0), (90,), (2 * HOUR,), (2 * HOUR, DAY)]
OF_RUNS = [(0,), (0,), (0,), (), (0, 700), (90,), (2 * HOUR, DAY)]


Delays = tuple[int, ...]


class Watching:
    """A process that gets deliveries and syncs."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._delivery = Delivery(pipeline.state, pipeline.store, patience=None)
        self.readings: list[Summary] = []
        self._queue = WebhookQueue(pipeline, self._delivery, self.readings.append)

    async def get(self, *deliveries: Hook) -> None:
        """Deliveries arrive together, and what they tell of is read."""
        for hook in deliveries:
            completion = parse(hook.event, json.dumps(hook.payload).encode())
            if completion is not None:
                await self._queue.keep(hook.id, NAME, completion)
        await self._queue.read(NAME)
        assert self.readings[-1].error is None
        await self._delivery.drain()

    async def sync(self) -> Summary:
        """A sync of all windows."""
        (summary,) = await sync_all(self._pipeline, self._delivery, {NAME: False})
        assert summary.error is None
        await self._delivery.drain()
        return summary

    def unconfirmed(self) -> set[int]:
        """Runs of which only webhooks have told."""
        return self._pipeline.state.runs.delivered(42)


@asynccontextmanager
async def watching(world: World, **overrides: Any) -> AsyncIterator[Watching]:
    async with world.pipeline(**{"since": "5d"} | overrides) as pipeline:
        yield Watching(pipeline)


@st.composite
def green_jobs(draw: st.DrawFn, started: int) -> list[Job]:
    """Jobs of which none failed, some with steps and a report, some never taken by a runner."""
    made = []
    for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4)):
        begun, seconds = started + draw(st.integers(0, 60)), draw(st.integers(1, 600))
        one = job(name, begun, seconds, draw(st.sampled_from(["success", "success", "skipped"])))
        steps = (Step("Run", begun, begun + seconds),) if draw(st.booleans()) else ()
        reports = (Artifact(one.id, f"junit-{name}", begun, REPORT),) if draw(st.booleans()) else ()
        made.append(replace(one, steps=steps, artifacts=reports, runner=draw(st.integers(0, 5)) > 0))
    if draw(st.integers(0, 3)) == 0:
        made.append(job("report", started + draw(st.integers(0, 700)), 5, runner=False, labels=()))
    return made


@st.composite
def green_runs(draw: st.DrawFn) -> Run:
    """A green run, sometimes run again."""
    created = NOON + draw(st.integers(0, HOUR))
    attempts = [attempt(created, *draw(green_jobs(created)))]
    if draw(st.integers(0, 3)) == 0:
        again = (attempts[0].ended_at or created) + draw(st.integers(1, 2 * HOUR))
        attempts.append(attempt(again, *draw(green_jobs(again))))
    return run(created, *attempts)


def plain(*conclusions: str) -> Run:
    """A run with a job for each conclusion, the next a minute longer than the one before."""
    jobs = [job(f"unit ({number})", NOON, 60 * (number + 1), how) for number, how in enumerate(conclusions)]
    return run(NOON, attempt(NOON, *jobs))


@pytest.mark.timeout(3_600)
@settings(
    max_examples=300 if os.environ.get("CHAOS") == "full" else 5,
    deadline=None,
    derandomize=os.environ.get("CHAOS") != "full",
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(green_runs() | green_runs() | green_runs() | runs(), min_size=1, max_size=3),
    st.lists(st.sampled_from(OF_JOBS), min_size=1, max_size=12),
    st.lists(st.sampled_from(OF_RUNS), min_size=1, max_size=3),
    st.lists(st.integers(0, 2 * DAY), max_size=4),
    st.lists(st.integers(0, 2 * DAY), max_size=2),
)
@example([plain("success", "success"), plain("success")], [(0,), (), (0,)], [(0,)], [HOUR], [])
@example([plain("success", "skipped", "success")], [(), (0,), (0,)], [(0, 700)], [], [300])
@example([plain("success", "failure", "success")], [(0,), (0,), ()], [(0,)], [HOUR], [])
def test_whatever_becomes_of_deliveries_the_points_are_those_of_polling(
    made: list[Run], of_jobs: list[Delays], of_runs: list[Delays], syncs: list[int], restarts: list[int]
) -> None:
    asyncio.run(held(made, {"workflow_job": of_jobs, "workflow_run": of_runs}, syncs, restarts))


async def held(
    made: list[Run], fates: dict[str, list[Delays]], syncs: list[int], restarts: list[int]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with simulated(Path(folder)) as world:
            world.add(*made)
            moments: dict[int, list[Hook | str]] = {}
            becomes = {event: cycle(delays) for event, delays in fates.items()}
            for moment, hook in timed_hooks(world.github, NOON - 1, END):
                for delay in next(becomes[hook.event]):
                    moments.setdefault(moment + delay, []).append(hook)
            for moment in syncs:
                moments.setdefault(NOON + moment, []).append("sync")
            for moment in restarts:
                moments.setdefault(NOON + moment, []).append("restart")
            await _live(world, sorted(moments.items(), key=lambda entry: entry[0]))
            world.clock.now = END + DAY
            async with watching(world) as process:
                await process.sync()
                await process.sync()
                assert process.unconfirmed() == set()
            await world.sync_well("fresh", since="5d")
            fresh = world.all_points("fresh")
            assert len(fresh["workflow_run"]) == sum(len(one.attempts) for one in made)
            for name, points in world.all_points().items():
                assert points == fresh[name], name


async def _live(world: World, moments: list[tuple[int, list[Hook | str]]]) -> None:
    while moments:
        async with watching(world) as process:
            while moments:
                moment, what = moments.pop(0)
                world.clock.now = max(world.clock.now, moment)
                deliveries = [one for one in what if isinstance(one, Hook)]
                if deliveries:
                    await process.get(*deliveries)
                if "sync" in what:
                    await process.sync()
                if "restart" in what:
                    break
