"""Syncs begin at every interval, whatever becomes of the machine's clock, and health tells where they do not."""

import asyncio
import time
from pathlib import Path

import pytest

from etl.demo.clock import MovingClock
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.service.scheduler import Scheduler
from tests.pipeline.world import HOUR, NOON, simulated


async def test_a_clock_that_is_set_back_stops_no_sync(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.clock = own = MovingClock(NOON)
        async with world.pipeline(interval="1s") as pipeline:
            done: asyncio.Queue[Summary] = asyncio.Queue()
            delivery = Delivery(pipeline.state, pipeline.store, patience=None)
            syncs = Scheduler(pipeline, delivery, done.put_nowait)
            syncs.start()
            try:
                for back in (3 * HOUR, 0, 0):
                    own.advance(-back)
                    assert (await done.get()).error is None
                assert syncs.trouble() is None
            finally:
                await syncs.stop()


async def test_health_tells_that_no_sync_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulated(tmp_path) as world, world.pipeline(interval="10s") as pipeline:
        now = time.monotonic()
        monkeypatch.setattr("etl.service.scheduler.monotonic", lambda: now)
        syncs = Scheduler(pipeline, Delivery(pipeline.state, pipeline.store, patience=None), print)
        assert syncs.trouble() is None
        monkeypatch.setattr("etl.service.scheduler.monotonic", lambda: now + 60)
        assert syncs.trouble() == "no sync has begun for 60 s"
