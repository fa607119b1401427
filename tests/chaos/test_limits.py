"""Where room ends, and where the state is not what it should be: told clearly, and nothing is lost."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from etl.demo.faults import delay
from tests.chaos.small_disk import remove_ballast, small_disk
from tests.chaos.sound import STOPPED, equal, sound
from tests.chaos.world import Points, World

FULL_OUTBOX = "the outbox is full: extraction pauses until the store takes points"
ROOM = "the outbox has room again: extraction goes on"
FAILED = "sync failed"
# A quarter of the history; the runs that are under way when it is reached are still committed.
LIMIT = 1_000


async def test_extraction_pauses_at_the_limit_and_resumes(world: World, undisturbed: Points) -> None:
    world.settings["CI_HEALTH_STATE__OUTBOX_LIMIT"] = str(LIMIT)
    world.settings["CI_HEALTH_GITHUB__CONCURRENCY"] = "1"
    await world.proxy.vanish()
    process = await world.start("run")
    await process.until(FULL_OUTBOX)
    asked = len(world.github.log.requests)
    await process.until(STOPPED)
    waiting = world.waiting()
    await process.shows("outbox_points", least=LIMIT)
    assert LIMIT <= waiting < sum(map(len, undisturbed.values()))
    assert len(world.github.log.requests) - asked < 10
    await world.proxy.listen()
    await process.until(ROOM)
    await world.delivered()
    assert await process.stop() == 0
    assert sorted(process.complaints()) == sorted([STOPPED, FULL_OUTBOX])
    equal(world.points(), undisturbed)
    sound(world)


async def test_the_disk_of_the_data_folder_is_full(world: World, undisturbed: Points) -> None:
    """A small file system of its own, filled but for what the empty state takes; then there is room."""
    wrapper = small_disk(world.data, megabytes=16, free_kb=700)
    world.github.faults.add("/jobs", delay(0.02), times=None)
    process = await world.start("run", wrapper=wrapper)
    record = await process.until(FAILED)
    assert "disk is full" in record["reason"]
    assert "docs/operations.md" in record["reason"]
    assert "INSERT" not in process.text
    await process.shows("syncs_total", 'repository="acme/rocket",status="failed"')
    remove_ballast(process.pid, world.data)
    await process.until("syncs go through again")
    # Its file system is its own, and a stop waits for the store for seconds alone.
    await process.shows("outbox_points", least=0, most=1)
    assert await process.stop() == 0
    assert process.events("stopped")[0]["points_waiting"] == 0
    equal(world.points(), undisturbed)
    assert set(process.complaints()) <= {FAILED, STOPPED}
    assert len(process.complaints()) == len(set(process.complaints()))
    sound(world)


def halved(state: Path) -> None:
    os.truncate(state, state.stat().st_size // 2)


def overwritten(state: Path) -> None:
    with state.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\x5a" * (state.stat().st_size - 4_096))


def no_database(state: Path) -> None:
    state.write_bytes(b"this is no database at all" * 1_000)


def newer(state: Path) -> None:
    with sqlite3.connect(state) as connection:
        connection.execute("UPDATE facts SET value = '99' WHERE name = 'version'")
    connection.close()


@pytest.mark.parametrize(
    ("harm", "told"),
    [
        (halved, "malformed; docs/operations.md"),
        pytest.param(overwritten, "malformed; docs/operations.md", marks=pytest.mark.thorough),
        pytest.param(no_database, "not a database; docs/operations.md", marks=pytest.mark.thorough),
        pytest.param(newer, "install the newer ci-health", marks=pytest.mark.thorough),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
async def test_a_state_that_cannot_be_used(
    harm: Callable[[Path], None], told: str, world: World, undisturbed: Points
) -> None:
    """It is told in a sentence, and left as it is; moved away, all is read again."""
    state = world.data / "state.sqlite"
    code, _ = await world.run("sync")
    assert code == 0
    harm(state)
    before = state.read_bytes()
    code, process = await world.run("sync")
    assert code == 2
    assert told in process.text
    assert state.read_bytes() == before
    for file in world.data.glob("state.sqlite*"):
        shutil.move(file, world.folder)
    code, process = await world.run("sync")
    assert code == 0, process.text
    equal(world.points(), undisturbed)
    sound(world)


@pytest.mark.thorough
async def test_a_second_process_on_the_folder(world: World, undisturbed: Points) -> None:
    process = await world.start("run")
    await process.until("synced")
    code, second = await world.run("sync")
    assert code == 2
    assert "another ci-health works on the data folder" in second.text
    world.processes.remove(second)
    await world.delivered()
    assert await process.stop() == 0
    assert process.complaints() == []
    equal(world.points(), undisturbed)
    sound(world)
