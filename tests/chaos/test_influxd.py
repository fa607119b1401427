"""An InfluxDB of the scenario's own, to which happens what happens to servers."""

from pathlib import Path

import pytest

from etl.demo.faults import delay
from etl.demo.history import History
from tests.chaos.small_disk import fill, kill_child, remove_ballast, small_disk
from tests.chaos.sound import GOES_ON, STOPPED, equal, sound, told_once
from tests.chaos.world import Points, chaos
from tests.influxd import Influxd, free_port, serving, set_up

pytestmark = pytest.mark.thorough


async def test_it_is_killed_and_started_again(tmp_path: Path, history: History, undisturbed: Points) -> None:
    folder, port = tmp_path / "influxd", free_port()
    folder.mkdir()
    with serving(folder, port) as server:
        influxd = Influxd(port, set_up(port))
        async with chaos(tmp_path, influxd, history) as world:
            world.github.faults.add("/jobs", delay(0.1), times=None)
            process = await world.start("run")
            await world.wait_until(lambda: world.proxy.writes >= 3)
            server.kill()
            await process.until(STOPPED)
            with serving(folder, port):
                await process.until(GOES_ON)
                await world.delivered()
                assert await process.stop() == 0
                told_once(process)
                equal(world.points(), undisturbed)
                sound(world)


async def test_its_disk_is_full(tmp_path: Path, history: History, undisturbed: Points) -> None:
    folder, port = tmp_path / "influxd", free_port()
    folder.mkdir()
    disk = small_disk(folder / "engine", megabytes=64, free_kb=32_000, again=True)
    with serving(folder, port, disk) as server:
        influxd = Influxd(port, set_up(port))
        async with chaos(tmp_path, influxd, history) as world:
            world.github.faults.add("/jobs", delay(0.1), times=None)
            process = await world.start("run")
            await world.wait_until(lambda: world.proxy.accepted >= 1)
            fill(server.pid, folder / "engine")
            record = await process.until(STOPPED)
            assert "no space left on device" in record["reason"]
            remove_ballast(server.pid, folder / "engine")
            # Where a bucket's files were just to be made, InfluxDB goes on refusing until it is started anew.
            kill_child(server.pid)
            await process.until(GOES_ON)
            await world.delivered()
            assert await process.stop() == 0
            told_once(process)
            equal(world.points(), undisturbed)
            sound(world)
