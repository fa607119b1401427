"""Weeks of `ci-health run` in fast motion: the simulated GitHub and the process live by a clock that hurries.

The process is the real one under libfaketime, by which the wall clock hurries while timeouts stay what
they are: an hour of theirs is seconds of ours, a request takes as long as ever.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import aiohttp

from etl.demo.server import SimulatedGitHub
from etl.demo.webhooks import Hook, hooks, send
from tests.chaos.machine_clock import MachineClock
from tests.chaos.process import Process
from tests.influxd import Influxd, free_port, serving, set_up

DAY_S = 86_400
SECRET = "secretOfTheNight"
_TICK_S = 0.05


@dataclass(slots=True)
class FastClock:
    """Unix seconds that pass `speed` times as fast as they do; processes see them `off` by so many."""

    start: float
    speed: float
    machine: MachineClock
    off: float = 0.0
    process_began: float = 0.0
    began: float = field(default_factory=time.monotonic)
    stopped_at: float | None = None

    def __call__(self) -> float:
        """The time."""
        if self.stopped_at is not None:
            return self.stopped_at
        return self.start + (time.monotonic() - self.began) * self.speed

    def begin(self, day_s: float) -> None:
        """Start anew, so that a day takes so many seconds, or as long as at this speed where that is longer."""
        self.speed = min(self.speed, DAY_S / day_s)
        self.began = time.monotonic()

    async def until(self, moment: float) -> None:
        """Wait for it."""
        await asyncio.sleep(max(0.0, moment - self()) / self.speed)

    def variables(self) -> dict[str, str]:
        """What lets a process that starts now live by this clock."""
        self.process_began = self()
        self.jump(self.off)
        return self.machine.variables()

    def jump(self, off: float) -> None:
        """Let the clock of the process be off by so many seconds, from now on."""
        self.off = off
        began = datetime.fromtimestamp(self.process_began + off, UTC)
        self.machine.set(f"@{began:%F %T} x{self.speed:g}")


@dataclass(slots=True)
class Server:
    """An InfluxDB that can be restarted."""

    folder: Path
    port: int = field(default_factory=free_port)
    _running: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Start it on what it has."""
        self.folder.mkdir(exist_ok=True)
        self._running.enter_context(serving(self.folder, self.port))

    def stop(self) -> None:
        """Stop it."""
        self._running.close()

    def set_up(self) -> Influxd:
        """How it is reached, once it runs for the first time."""
        return Influxd(self.port, set_up(self.port))


@dataclass(slots=True)
class Mail:
    """GitHub's webhooks on their way: some get lost, and all while nobody listens."""

    github: SimulatedGitHub
    clock: Callable[[], float]
    url: str
    lost_share: float
    random: Random
    sent: int = 0
    lost: int = 0
    unheard: int = 0
    refused: int = 0

    async def run(self) -> None:
        """Deliver what ends, when it ends."""
        since = self.clock()
        async with aiohttp.ClientSession() as session:
            while True:
                until = self.clock()
                for hook in hooks(self.github, since, until):
                    await self._deliver(session, hook)
                since = until
                await asyncio.sleep(_TICK_S)

    async def _deliver(self, session: aiohttp.ClientSession, hook: Hook) -> None:
        if self.random.random() < self.lost_share:
            self.lost += 1
            return
        try:
            status = await send(session, self.url, SECRET, hook)
        except aiohttp.ClientError:
            self.unheard += 1
            return
        self.sent += 1
        self.refused += status >= 300


@dataclass(slots=True)
class Night:
    """The process, day after day: told to stop at the end of each and started again."""

    folder: Path
    clock: FastClock
    environment: dict[str, str]
    days: list[Process] = field(default_factory=list)

    async def live(self, until: float) -> None:
        """Run until then."""
        while (now := self.clock()) < until:
            process = Process(self.folder, self.environment | self.clock.variables())
            self.days.append(process)
            await process.start("run")
            # Told to stop before it listens for that, it would end otherwise.
            await process.until("serving")
            await self.clock.until(min(now + DAY_S, until))
            assert await process.stop() == 0, process.text[-2_000:]


Happening = tuple[float, Callable[[], None]]


async def at_moments(clock: FastClock, happenings: list[Happening]) -> None:
    """Do something at each of these times, beside what goes on."""
    for moment, do in sorted(happenings, key=lambda one: one[0]):
        await clock.until(moment)
        await asyncio.to_thread(do)


async def cancelled(*tasks: asyncio.Task[None]) -> None:
    """End what goes on beside; a task that failed raises here."""
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
