"""SIGKILL at random moments and at each boundary between two steps, all from outside.

What holds the process at a boundary is a server that withholds its answer, or somebody else's write
lock on the state file. The product knows nothing of it.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from aiohttp import web

from etl.demo.faults import Faults, delay
from etl.demo.history import History
from tests.chaos.process import Process
from tests.chaos.proxy import GoOn, lines_of
from tests.chaos.sound import equal, sound
from tests.chaos.world import Points, World, chaos
from tests.influxd import Influxd
from tests.waiting import HANGS_S

# A process that asks for nothing for so long stands before the lock.
_QUIET_S = 0.15
_KILLS_A_ROUND = 9
_WRITE = "/api/v2/write"
_JOBS = "/jobs"

Strike = Callable[["Victim"], Awaitable[bool]]


@dataclass(slots=True)
class Victim:
    """A process that is to be killed, and how many requests pass before that."""

    world: World
    process: Process
    random: Random

    async def hold(
        self, faults: Faults, path: str, before: Callable[[web.Request, GoOn], Awaitable[Any]]
    ) -> bool:
        """Kill it while it waits for an answer that never comes; `before` is done before that.

        False where it never asked, since all is read and delivered.
        """
        struck, over = asyncio.Event(), asyncio.Event()

        async def respond(request: web.Request, go_on: GoOn) -> web.StreamResponse:
            await before(request, go_on)
            struck.set()
            await over.wait()
            return web.Response(status=500)

        self._let_some_pass(faults, path)
        faults.add(path, respond, times=1)
        self.slow_down()
        hit = await self._either(struck)
        await self.process.kill()
        over.set()
        return hit

    async def lock(self, faults: Faults, path: str, traffic: Callable[[], int]) -> bool:
        """Kill it where it has its answer, and cannot write that down: the state is locked."""
        struck = asyncio.Event()
        connection = sqlite3.connect(self.world.data / "state.sqlite", timeout=HANGS_S, isolation_level=None)

        async def respond(_request: web.Request, go_on: GoOn) -> web.StreamResponse:
            answer = await go_on()
            connection.execute("BEGIN IMMEDIATE")
            struck.set()
            return answer

        self._let_some_pass(faults, path)
        faults.add(path, respond, times=1)
        self.slow_down()
        with closing(connection):
            hit = await self._either(struck)
            if hit:
                await _quiet(traffic)
            await self.process.kill()
        return hit

    def slow_down(self) -> None:
        """From now on GitHub takes its time, so that much is under way at any moment."""
        self.world.github.faults.add("/(jobs|annotations|artifacts)", delay(0.02), times=None)

    def _let_some_pass(self, faults: Faults, path: str) -> None:
        passing = self.random.randrange(4)
        if passing:
            faults.add(path, delay(0), times=passing)

    async def _either(self, struck: asyncio.Event) -> bool:
        """Whether it was struck before it had nothing left to do."""
        while not struck.is_set():
            assert self.process.running, self.process.text
            if len(self.process.events("synced")) >= 2:
                return False
            await asyncio.sleep(0.005)
        return True


async def at_random(victim: Victim) -> bool:
    """At any moment from the start of the interpreter on."""
    victim.slow_down()
    await asyncio.sleep(victim.random.uniform(0.1, 2.5))
    await victim.process.kill()
    return True


async def while_fetching(victim: Victim) -> bool:
    """GitHub has not answered."""
    return await victim.hold(victim.world.github.faults, _JOBS, _nothing)


async def before_the_commit(victim: Victim) -> bool:
    """GitHub has answered, and the run cannot be committed."""
    github = victim.world.github
    return await victim.lock(github.faults, _JOBS, lambda: len(github.log.requests))


async def after_the_commit(victim: Victim) -> bool:
    """The points are committed, and InfluxDB has not got them."""
    return await victim.hold(victim.world.proxy.faults, _WRITE, _nothing)


async def while_writing(victim: Victim) -> bool:
    """InfluxDB has got half of the lines."""
    proxy = victim.world.proxy

    async def half(request: web.Request, _go_on: GoOn) -> None:
        lines = await lines_of(request)
        await proxy.forward(request, b"\n".join(lines[: (len(lines) + 1) // 2]))

    return await victim.hold(proxy.faults, _WRITE, half)


async def after_the_write(victim: Victim) -> bool:
    """InfluxDB has taken all, and its answer does not arrive."""

    async def whole(_request: web.Request, go_on: GoOn) -> None:
        await go_on()

    return await victim.hold(victim.world.proxy.faults, _WRITE, whole)


async def before_the_delete(victim: Victim) -> bool:
    """InfluxDB's answer has arrived, and the outbox cannot be emptied."""
    proxy = victim.world.proxy
    hit = await victim.lock(proxy.faults, _WRITE, lambda: proxy.writes)
    assert not hit or victim.world.waiting() > 0
    return hit


BOUNDARIES: tuple[Strike, ...] = (
    while_fetching,
    before_the_commit,
    after_the_commit,
    while_writing,
    after_the_write,
    before_the_delete,
)


def plan(kills: int, random: Random) -> list[Strike]:
    """So many kills, in random order: each boundary as often as any other, the rest at random moments."""
    each = max(1, kills * 7 // 10 // len(BOUNDARIES))
    strikes: list[Strike] = [*BOUNDARIES] * each
    strikes += [at_random] * (kills - len(strikes))
    random.shuffle(strikes)
    return strikes


@dataclass(slots=True)
class Killing:
    """Rounds of kills over one history; each ends with a run that nothing disturbs, and is compared."""

    folder: Path
    influxd: Influxd
    history: History
    wanted: Points
    random: Random
    struck: Counter[str] = field(default_factory=Counter)
    rounds: int = 0
    missed: int = 0

    async def all(self, strikes: list[Strike]) -> None:
        """Strike as planned; where a round is over before its strike hits, the next one takes it."""
        while strikes:
            self.rounds += 1
            folder = self.folder / str(self.rounds)
            folder.mkdir()
            async with chaos(folder, self.influxd, self.history) as world:
                await self._round(world, strikes)

    async def _round(self, world: World, strikes: list[Strike]) -> None:
        for _ in range(_KILLS_A_ROUND):
            if not strikes or not await self._kill(world, strikes[-1]):
                break
            strikes.pop()
        process = await world.start("run")
        await world.delivered()
        assert await process.stop() == 0, process.text
        assert world.ask("SELECT count(*) FROM dead_letters") == [(0,)]
        equal(world.points(), self.wanted)
        sound(world)

    async def _kill(self, world: World, strike: Strike) -> bool:
        victim = Victim(world, await world.start("run"), self.random)
        if strike in (before_the_commit, before_the_delete):
            await world.wait_until((world.data / "state.sqlite").exists)
        hit = await strike(victim)
        world.github.faults.clear()
        world.proxy.faults.clear()
        self.struck[strike.__name__] += hit
        self.missed += not hit
        assert self.missed <= self.struck.total() + 5, f"{strike.__name__} never comes about"
        return hit


async def _nothing(_request: web.Request, _go_on: GoOn) -> None:
    """The other side never hears of it."""


async def _quiet(traffic: Callable[[], int]) -> None:
    while (seen := traffic()) is not None:
        await asyncio.sleep(_QUIET_S)
        if traffic() == seen:
            return
