"""Syncs begin at every interval, whatever becomes of the machine's clock, and health tells where they do not."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from etl.demo.clock import MovingClock
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.service.scheduler import Scheduler, _Every
from tests.pipeline.world import HOUR, NOON, simulated


async def test_a_clock_that_is_set_back_stops_no_sync(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Set back by three hours, the next sync is due in three hours by the machine's clock."""
    async with simulated(tmp_path) as world:
        world.clock = own = MovingClock(NOON)
        async with world.pipeline(interval="1s") as pipeline:
            done: asyncio.Queue[Summary] = asyncio.Queue()
            delivery = Delivery(pipeline.state, pipeline.store, patience=None)
            syncs = Scheduler(pipeline, delivery, done.put_nowait)
            syncs.start()
            try:
                assert (await done.get()).error is None
                own.advance(-3 * HOUR)
                syncs._scheduler.modify_job("sync", next_run_time=datetime.now(UTC) + timedelta(hours=3))
                real = time.time
                monkeypatch.setattr("etl.service.scheduler.time", lambda: real() - 3 * HOUR)
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


def test_a_clock_that_is_set_ahead_by_decades_makes_up_no_syncs() -> None:
    """APScheduler holds every time that was missed in memory."""
    scheduler = AsyncIOScheduler(timezone=UTC)
    began = datetime(1970, 1, 1, tzinfo=UTC)
    job = scheduler.add_job(print, _Every(1.0), next_run_time=began)
    assert job._get_run_times(datetime(2026, 1, 1, tzinfo=UTC)) == [began]
