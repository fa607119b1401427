"""A GitHub that lies for a while, and a clock that jumps: the real process reads all of it in the end."""

import os
import shutil
from pathlib import Path

import pytest

from etl.demo import faults
from etl.demo.history import History
from tests.chaos.machine_clock import MachineClock
from tests.chaos.sound import equal, sound
from tests.chaos.test_github import FAILED
from tests.chaos.world import Points, World, chaos
from tests.influxd import Influxd
from tests.pipeline.test_open_pieces import LIES, OF_STORAGE, Lie
from tests.pipeline.world import DAY

CLOCK = "this machine's clock is wrong"
# What is told while GitHub lies: of each oddity once.
TOLD = {"anomaly", FAILED, CLOCK, "the machine's clock was set: the next sync is planned anew"}
OPEN = "SELECT count(*) > 0 FROM open_pieces"
READ = "SELECT count(*) = 0 FROM open_pieces"
# Each endpoint lies in another way at the same time.
ENDPOINTS = ("/jobs", r"/attempts/\d+$", "/annotations", r"/actions/artifacts\?", "/zip")
STORED = r"^/artifacts/\d+\?"


class Skewed:
    """GitHub's clock, which the test moves: for the process, its own machine's is what jumps."""

    def __init__(self, world: World) -> None:
        self._own = world.github.clock
        self.ahead = 0.0
        world.github.clock = self

    def __call__(self) -> float:
        """Unix seconds."""
        return self._own() + self.ahead


def lie(world: World, turn: int) -> None:
    """From now on every endpoint of a run lies, each in a way of its own."""
    ways: list[Lie] = [*LIES.values()]
    for number, endpoint in enumerate(ENDPOINTS):
        # A redirect has no entries that could be missing.
        way = ways[(number + turn) % (len(ways) - 2 if endpoint == "/zip" else len(ways))]
        world.github.faults.add(endpoint, way(), times=None)


async def healed(world: World, undisturbed: Points, clock: Skewed) -> None:
    """GitHub is well: once what is open is due, it is read, and nothing is missing."""
    process = world.processes[-1]
    world.github.faults.clear()
    for _ in range(4):
        clock.ahead += DAY / 2
        await world.delivered()
    await world.wait_until(lambda: bool(world.ask(READ)[0][0]))
    await world.delivered()
    assert await process.stop() == 0
    assert set(process.complaints()) <= TOLD, process.text
    equal(world.points(), undisturbed)
    sound(world)


@pytest.mark.parametrize(
    "turn", [0, *(pytest.param(turn, marks=pytest.mark.thorough) for turn in range(1, len(LIES)))]
)
async def test_a_github_that_lies_for_a_while(turn: int, world: World, undisturbed: Points) -> None:
    clock = Skewed(world)
    lie(world, turn)
    process = await world.start("run")
    await process.until("synced")
    await world.wait_until(lambda: bool(world.ask(OPEN)[0][0]))
    await process.shows("open_pieces", 'kind="jobs",repository="acme/rocket"')
    await healed(world, undisturbed, clock)


@pytest.mark.thorough
@pytest.mark.parametrize("way", [*OF_STORAGE])
async def test_a_storage_that_lies_for_a_while(way: str, world: World, undisturbed: Points) -> None:
    clock = Skewed(world)
    world.github.faults.add(STORED, OF_STORAGE[way](), times=None)
    await (await world.start("run")).until("synced")
    await world.wait_until(lambda: bool(world.ask(OPEN)[0][0]))
    await healed(world, undisturbed, clock)


@pytest.mark.skipif(
    not shutil.which("faketime") and "CI" not in os.environ,
    reason="no libfaketime: `make faketime` installs it",
)
@pytest.mark.parametrize("days", [45, pytest.param(-45, marks=pytest.mark.thorough)])
async def test_a_clock_that_jumps_while_a_github_lies(
    days: int, tmp_path: Path, influxd: Influxd, history: History, undisturbed: Points
) -> None:
    """The machine's clock jumps in the middle of the first sync, either way, and back while GitHub lies."""
    machine = MachineClock(tmp_path / "clock")
    machine.set("+0")
    async with chaos(tmp_path, influxd, history, **machine.variables()) as world:
        clock = Skewed(world)
        world.github.faults.add("/jobs", faults.after(lambda: machine.set(f"{days:+}d")))
        process = await world.start("run")
        await process.until(CLOCK)
        lie(world, 1)
        await world.delivered()
        machine.set("+0")
        await world.delivered()
        await healed(world, undisturbed, clock)
