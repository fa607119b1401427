"""The bucket's retention changes at any moment: once it keeps all, the documented command brings all back."""

import asyncio
import os
import tempfile
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.influxd import Influxd
from tests.pipeline.test_open_pieces import made_run
from tests.pipeline.world import DAY, HOUR, World, simulated
from tests.workers.crew import points

FULL = os.environ.get("CHAOS") == "full"
FOREVER = 0
SINCE = "60d"
_buckets = count(1)


class Kept:
    """An installation on a bucket of a real InfluxDB, whose retention somebody changes."""

    def __init__(self, world: World, influxd: Influxd) -> None:
        self.world = world
        self.influxd = influxd
        self.store = {"url": influxd.url, "org": influxd.org, "token": influxd.token}
        self.bucket = f"kept-{os.getpid()}-{next(_buckets)}"

    def settings(self, bucket: str) -> dict[str, Any]:
        return {"since": SINCE, "influxdb": {**self.store, "bucket": bucket}}

    def points(self, bucket: str) -> Counter[tuple[str, ...]]:
        found = points(self.influxd, {"CI_HEALTH_INFLUXDB__BUCKET": bucket})
        return Counter({point: n for point, n in found.items() if "_measurement=finding" not in point})

    async def add(self, days: int) -> None:
        """A run that began so many days ago."""
        self.world.add(made_run(int(self.world.clock.now) - days * DAY - HOUR))

    async def keep(self, days: int) -> None:
        """From now on the bucket keeps so many days; InfluxDB refuses what is older."""
        named = self.influxd.call("GET", f"/api/v2/buckets?org={self.influxd.org}&name={self.bucket}")
        (bucket,) = named["buckets"]
        rule = {"type": "expire", "everySeconds": days * DAY, "shardGroupDurationSeconds": DAY}
        self.influxd.call("PATCH", f"/api/v2/buckets/{bucket['id']}", {"retentionRules": [rule]})

    async def sync(self) -> None:
        await self.world.sync_well(**self.settings(self.bucket))

    async def replace(self, days: int) -> None:
        """Everything since so many days ago is read anew."""
        start = int(self.world.clock.now) - days * DAY
        summary = await self.world.backfill(start, None, replace=True, **self.settings(self.bucket))
        assert summary.error is None

    async def end(self) -> None:
        """It keeps all again, and the command of docs/operations.md runs."""
        await self.keep(FOREVER)
        await self.replace(60)
        await self.sync()
        await self.world.sync_well("fresh", **self.settings(f"{self.bucket}-fresh"))
        assert self.points(self.bucket) == self.points(f"{self.bucket}-fresh")


async def live(influxd: Influxd, happens: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with simulated(Path(folder)) as world:
            # InfluxDB compares times with the machine's clock.
            world.clock.now = time.time()
            kept = Kept(world, influxd)
            await kept.add(12)
            await kept.sync()
            for name, *how in happens:
                await getattr(kept, name)(*how)
            await kept.end()


steps = st.lists(
    st.tuples(st.just("add"), st.sampled_from([0, 5, 25, 50]))
    | st.tuples(st.just("keep"), st.sampled_from([FOREVER, 3, 8, 30]))
    | st.tuples(st.just("replace"), st.sampled_from([4, 20, 58]))
    | st.just(("sync",)),
    min_size=2,
    max_size=8,
)


@pytest.mark.timeout(3_600)
@settings(
    max_examples=60 if FULL else 1,
    derandomize=not FULL,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(happens=steps)
@example([("keep", 3), ("add", 5), ("sync",), ("keep", 30), ("replace", 20)])
@example([("add", 50), ("keep", 8), ("replace", 58), ("add", 25), ("sync",), ("keep", FOREVER), ("sync",)])
def test_nothing_is_lost_however_the_retention_changes(
    influxd: Influxd, happens: list[tuple[Any, ...]]
) -> None:
    with structlog.testing.capture_logs():
        asyncio.run(live(influxd, happens))
