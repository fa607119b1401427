"""The model of what may be wrong around us: in any order, and nothing is lost once all is well.

GitHub lies for a while at any endpoint; the machine's clock is wrong, or jumps in the middle of a sync;
states and stores are restored from any earlier moment; runs come and go on meanwhile.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from hypothesis import example, given, settings
from hypothesis import strategies as st

from etl.demo import faults
from tests.pipeline.test_open_pieces import LIES, OF_STORAGE, made_run
from tests.pipeline.world import DAY, HOUR, NOON, MovingClock, World, simulated

ANYWHERE = {
    "repository": r"^/repos/acme/rocket$",
    "workflows": "/actions/workflows",
    "windows": r"/actions/runs\?created",
    "run": r"/actions/runs/\d+$",
    "attempts": r"/attempts/\d+$",
    "jobs": "/jobs",
    "annotations": "/annotations",
    "artifacts": r"/actions/artifacts\?",
    "zip": "/zip",
    "storage": r"^/artifacts/\d+\?",
}
# A redirect, and what the storage holds, have no entries.
ENTRIES = ("5 entries and none", "entries that are null")
SKEWS = (0, 3 * HOUR, -3 * HOUR, 45 * DAY, -45 * DAY, 400 * DAY)
# Longer than all that happens, so that a first sync that comes late wants the same as one that comes at once.
SINCE = "20d"
# All lies together last for less than a day: what is not there for longer is gone.
MAX_STEPS, MAX_HOURS = 9, 2


class Lived:
    """A world and an installation in it, to which things happen."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = world.clock
        self.own = MovingClock(NOON)
        self.saved: list[Path] = []
        self.store_is_older = False

    async def add(self) -> None:
        """A run that begins now, and others before."""
        self.world.add(made_run(int(self.clock.now) - 20))

    async def lie(self, where: str, how: str) -> None:
        """From now on, GitHub lies about something."""
        if where in ("zip", "storage") and how in ENTRIES:
            return
        known = LIES | OF_STORAGE if where == "storage" else LIES
        respond = known[how]() if how in known else self._special(how)
        self.world.github.faults.add(ANYWHERE[where], respond, times=None)

    def _special(self, how: str) -> faults.Respond:
        if how == "older":
            return self._older
        return faults.after(lambda: setattr(self.own, "now", self.own.now + 45 * DAY))

    async def _older(self, _request: web.Request, go_on: Callable[[], Awaitable[Any]]) -> web.StreamResponse:
        """What was right three hours ago."""
        now = self.clock.now
        self.clock.now = now - 3 * HOUR
        try:
            answer: web.StreamResponse = await go_on()
        finally:
            self.clock.now = now
        return answer

    async def tell_the_truth(self) -> None:
        """From now on, GitHub does not lie."""
        self.world.github.faults.clear()

    async def sync(self, skew: int) -> None:
        """A sync by a clock that is wrong; it may fail, and says so."""
        self.own.now = self.clock.now + skew
        self.world.clock = self.own
        try:
            await self.world.sync(since=SINCE)
        finally:
            self.world.clock = self.clock

    async def wait(self, hours: int) -> None:
        """Time passes."""
        self.clock.advance(hours * HOUR)

    async def save(self) -> None:
        """A copy of everything."""
        copy = self.world.folder / f"copy{len(self.saved)}"
        if (self.world.folder / "data").exists():
            shutil.copytree(self.world.folder / "data", copy)
            self.saved.append(copy)

    async def restore(self, what: str) -> None:
        """The state, the store or both become what they were."""
        if not self.saved:
            return
        for kind in ("state", "ci-health") if what == "both" else (what,):
            for file in (self.world.folder / "data").glob(f"{kind}.*"):
                file.unlink()
            for file in self.saved[-1].glob(f"{kind}.*"):
                shutil.copy(file, self.world.folder / "data")
            self.store_is_older |= kind == "ci-health" and what != "both"

    async def end(self) -> None:
        """All is well: some syncs later nothing is missing."""
        await self.tell_the_truth()
        if self.store_is_older:
            # As docs/operations.md says.
            assert (await self.world.backfill(NOON - 9 * DAY, None, replace=True)).error is None
        for _ in range(3):
            self.clock.advance(DAY)
            summary = await self.world.sync_well(since=SINCE)
        assert summary.open == 0
        await self.world.sync_well("fresh", since=SINCE)
        wanted = self.world.all_points("fresh")
        for name, points in self.world.all_points().items():
            assert points == wanted[name], name


lies = st.tuples(
    st.just("lie"), st.sampled_from([*ANYWHERE]), st.sampled_from([*LIES, "a jump"])
) | st.tuples(st.just("lie"), st.sampled_from(["windows", "run"]), st.just("older"))
storage = st.tuples(st.just("lie"), st.just("storage"), st.sampled_from([*OF_STORAGE]))
steps = st.lists(
    lies
    | lies
    | storage
    | st.tuples(st.just("sync"), st.sampled_from(SKEWS))
    | st.tuples(st.just("sync"), st.just(0))
    | st.tuples(st.just("wait"), st.integers(1, MAX_HOURS))
    | st.sampled_from([("add",), ("tell_the_truth",), ("save",)])
    | st.tuples(st.just("restore"), st.sampled_from(["state", "ci-health", "both"])),
    min_size=3,
    max_size=MAX_STEPS,
)


async def live(happens: list[tuple[Any, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with simulated(Path(folder)) as world:
            lived = Lived(world)
            world.add(*(made_run(NOON - hours * HOUR) for hours in (1, 4, 30)))
            world.clock.advance(300)
            for name, *how in happens:
                await getattr(lived, name)(*how)
            # What happened last is looked at, too.
            await lived.sync(0)
            await lived.end()


@pytest.mark.timeout(3_600)
@settings(
    max_examples=150 if os.environ.get("CHAOS") == "full" else 2,
    deadline=None,
    derandomize=os.environ.get("CHAOS") != "full",
)
@given(steps)
@example([("lie", "repository", "404")])
@example(
    [
        ("lie", "jobs", "404"),
        ("sync", 0),
        ("wait", 1),
        ("sync", 45 * DAY),
        ("save",),
        ("add",),
        ("tell_the_truth",),
        ("sync", 0),
        ("restore", "state"),
    ]
)
@example(
    [
        ("sync", 0),
        ("save",),
        ("add",),
        ("lie", "windows", "older"),
        ("lie", "annotations", "null"),
        ("wait", 2),
        ("sync", -3 * HOUR),
        ("restore", "ci-health"),
        ("lie", "zip", "a jump"),
    ]
)
@example(
    [
        ("lie", "artifacts", "entries that are null"),
        ("lie", "storage", "403"),
        ("sync", 400 * DAY),
        ("wait", 2),
        ("add",),
        ("sync", 0),
        ("lie", "workflows", "5 entries and none"),
    ]
)
@example(
    [
        ("lie", "attempts", "login page elsewhere"),
        ("sync", 0),
        ("add",),
        ("save",),
        ("lie", "run", "older"),
        ("wait", 1),
        ("sync", -45 * DAY),
        ("restore", "both"),
        ("lie", "repository", "null"),
    ]
)
def test_nothing_is_lost_in_whatever_order_it_happens(happens: list[tuple[Any, ...]]) -> None:
    with structlog.testing.capture_logs():
        asyncio.run(live(happens))
