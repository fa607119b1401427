"""The slow verification of `run`: a day a night, few requests, and every hole closes by itself."""

from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.nightly import next_day, verify_past
from etl.pipeline.sync import sync_repository
from tests.pipeline.world import DAY, HOUR, NAME, World, attempt, job, run, simulated


@given(nights=st.integers(1, 400), age=st.integers(1, 90), first=st.none() | st.integers(-500, 500))
def test_every_day_is_verified_while_github_still_has_it(nights: int, age: int, first: int | None) -> None:
    last = None if first is None else first * DAY
    seen: dict[int, int] = {}
    for night in range(nights):
        day = next_day(last, newest=(night - 2) * DAY, oldest=(night - age) * DAY)
        if day is not None:
            assert (night - age) * DAY <= day <= (night - 2) * DAY
            seen[day // DAY] = night
            last = day
    if age >= 2:
        assert set(range(nights - age)) <= seen.keys()
    else:
        assert not seen


async def a_sync(pipeline: Pipeline) -> None:
    """What the service does once, whole."""
    delivery = Delivery(pipeline.state, pipeline.store, patience=60)
    summary = await sync_repository(pipeline, delivery, NAME, newest_only=False, nightly=True)
    assert summary.error is None
    await delivery.drain()


def cut(world: World, query: str) -> None:
    with duckdb.connect(world.folder / "data" / "ci-health.duckdb") as connection:
        connection.execute(query)


async def test_a_hole_closes_within_some_nights_and_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with simulated(tmp_path) as world:
        for day in range(2, 6):
            start = int(world.clock()) - day * DAY
            world.add(run(start, attempt(start, job("unit", start + 10), job("lint", start + 10))))
        async with world.pipeline(since="10d") as pipeline:
            await a_sync(pipeline)
            whole = world.all_points()
            cut(world, "DELETE FROM job WHERE job = 'unit'")
            cut(world, "DELETE FROM workflow_run WHERE time % 2 = 0")
            nights = 0
            while world.all_points() != whole:
                world.clock.advance(DAY)
                await a_sync(pipeline)
                nights += 1
                assert nights <= 12
    assert nights >= 4
    assert "the store lacked what GitHub has" in capsys.readouterr().out


async def test_one_day_a_night_and_few_requests(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        start = int(world.clock()) - 2 * DAY
        for number in range(120):
            world.add(run(start + number, attempt(start + number, job("unit", start + number))))
        async with world.pipeline(since="10d") as pipeline:
            delivery = Delivery(pipeline.state, pipeline.store, patience=60)
            assert await verify_past(pipeline, delivery, NAME) is None
            await a_sync(pipeline)
            world.github.log.requests.clear()
            first = await verify_past(pipeline, delivery, NAME)
            assert first is not None
            assert first.error is None
            assert first.anomalies == 0
            assert 40 < len(world.github.log.requests) <= 52
            world.clock.advance(HOUR)
            assert await verify_past(pipeline, delivery, NAME) is None


async def test_points_that_wait_put_it_off(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, world.pipeline(since="10d") as pipeline:
        start = int(world.clock()) - 2 * DAY
        world.add(run(start, attempt(start, job("unit", start))))
        delivery = Delivery(pipeline.state, pipeline.store, patience=60)
        await sync_repository(pipeline, delivery, NAME, newest_only=False)
        assert await verify_past(pipeline, delivery, NAME) is None
        await delivery.drain()
        assert await verify_past(pipeline, delivery, NAME) is not None
