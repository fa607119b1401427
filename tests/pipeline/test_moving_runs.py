"""Runs that GitHub goes on changing: whenever they are read, and how often, the points are the same.

What moves at random: `updated_at` without a reason, jobs that are listed late, check runs of reporters that
come hours later or stand among the jobs of another attempt, re-runs in whole and in part.
"""

import asyncio
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from etl.demo.history import Annotation, Attempt, Inheritance, Job, Run
from tests.pipeline.world import DAY, HOUR, NOON, attempt, inherited, job, run, simulated
from tests.selection import FULL

# Until then everything has happened.
END = NOON + 3 * DAY
SECONDS = st.integers(0, 2 * DAY)
NAMES = ("unit", "lint", "e2e (a)")


@st.composite
def jobs(draw: st.DrawFn, started: int) -> list[Job]:
    """Jobs of an attempt, any of them listed late, and check runs beside them."""
    made = []
    for name in draw(st.lists(st.sampled_from(NAMES), max_size=3, unique=True)):
        conclusion = draw(st.sampled_from(["success", "failure", "cancelled", "skipped"]))
        notes = (Annotation(f"{name} broke"),) if conclusion == "failure" else ()
        one = job(
            name,
            started + draw(st.integers(0, 300)),
            draw(st.integers(1, 900)),
            conclusion,
            annotations=notes,
            runner=draw(st.booleans()),
        )
        late = draw(st.none() | SECONDS)
        made.append(replace(one, listed_at=None if late is None else (one.completed_at or started) + late))
    for number in range(draw(st.integers(0, 2))):
        begun = started + draw(SECONDS)
        notes = (Annotation(draw(st.sampled_from(["unit broke", "assert 1 == 2"]))),)
        made.append(
            job(
                f"report {number}",
                begun,
                draw(st.integers(0, 60)),
                draw(st.sampled_from(["success", "failure"])),
                annotations=notes,
                runner=False,
                labels=(),
            )
        )
    return made


@st.composite
def runs(draw: st.DrawFn) -> Run:
    """A run of up to three attempts, touched at any moments."""
    created = NOON + draw(st.integers(0, HOUR))
    attempts: list[Attempt] = []
    started = created
    for _ in range(draw(st.integers(1, 3))):
        own = draw(jobs(started))
        earlier = [one for one in attempts[-1].jobs if not one.is_check] if attempts else []
        kept = [one for one in earlier if one.name not in {each.name for each in own}]
        way = draw(st.sampled_from(Inheritance))
        attempts.append(attempt(started, *(inherited(one, way, started) for one in kept), *own))
        ended = max([attempts[-1].ended_at or started, started])
        started = ended + draw(st.integers(1, HOUR))
    touched = tuple(draw(st.lists(SECONDS.map(lambda second: NOON + second), max_size=4)))
    return run(created, *attempts, touched=touched)


@settings(max_examples=30 if FULL else 3, suppress_health_check=list(HealthCheck))
@given(st.lists(runs(), min_size=1, max_size=2), st.lists(st.integers(0, 3 * DAY), min_size=1, max_size=9))
def test_two_syncs_ten_syncs_and_a_fresh_one_give_the_same_points(
    made: list[Run], moments: list[int]
) -> None:
    asyncio.run(held(made, moments))


async def held(made: list[Run], moments: list[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with simulated(Path(folder)) as world:
            world.add(*made)
            for moment in sorted(moments):
                world.clock.now = NOON + moment
                await world.sync_well("ten", since="4d")
            world.clock.now = NOON + min(moments)
            await world.sync_well("two", since="4d")
            world.clock.now = END + DAY
            for data in ("ten", "two", "fresh"):
                await world.sync_well(data, since="5d")
            fresh = world.all_points("fresh")
            for data in ("ten", "two"):
                assert world.all_points(data) == fresh, data
            assert len(fresh["workflow_run"]) == sum(len(one.attempts) for one in made)
