"""Faults of GitHub, with the real process on the simulated one and a real InfluxDB."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from etl.demo import faults
from etl.demo.history import Attempt, History, Job, Run
from etl.demo.synthetic import synthetic
from tests.chaos.process import Process
from tests.chaos.sound import equal, sound
from tests.chaos.world import Points, World, chaos, yesterday
from tests.influxd import Influxd

FAILED = "sync failed"
OVER = "syncs go through again"
TEN_MINUTES = 600
FAILING, WELL = (f'repository="acme/rocket",status="{status}"' for status in ("failed", "ok"))


@pytest.mark.thorough
async def test_a_storm_of_502_that_heals_is_nobodys_business(world: World, undisturbed: Points) -> None:
    world.github.faults.add("", faults.status(502), times=3)
    world.github.faults.add("/jobs", faults.status(502), times=5)
    await ends_well(world, undisturbed, [])


async def test_a_storm_of_502_that_lasts(world: World, undisturbed: Points) -> None:
    world.settings["CI_HEALTH_GITHUB__RETRIES"] = "1"
    await away(world, faults.status(502))
    process = await ends_well(world, undisturbed, [FAILED])
    assert len(process.events(OVER)) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("fault", ["cut connection", "truncated JSON"])
async def test_answers_that_break_off(fault: str, world: World, undisturbed: Points) -> None:
    broken = {"cut connection": faults.cut_connection(), "truncated JSON": faults.truncated_json()}[fault]
    world.github.faults.add("/(jobs|annotations|runs)", broken, times=4)
    await ends_well(world, undisturbed, [])


async def test_the_secondary_limit(world: World, undisturbed: Points) -> None:
    world.github.faults.add("/jobs", faults.secondary_limit("5"), times=None)
    process = await world.start("run")
    await process.until("waiting for GitHub")
    world.github.faults.clear()
    await ends_well(world, undisturbed, ["waiting for GitHub"])


@pytest.mark.thorough
async def test_the_secondary_limit_without_a_time(world: World, undisturbed: Points) -> None:
    world.github.faults.add("/jobs", faults.secondary_limit(), times=1)
    await ends_well(world, undisturbed, ["waiting for GitHub"])


async def test_the_token_expires_and_is_renewed(world: World, undisturbed: Points) -> None:
    world.github.tokens = {"another"}
    process = await world.start("run")
    record = await process.until(FAILED)
    assert "CI_HEALTH_GITHUB__TOKEN" in record["reason"]
    await process.shows("syncs_total", FAILING)
    refused = len(world.github.log.requests)
    await world.wait_until(lambda: len(world.github.log.requests) > refused + 2)
    world.github.tokens = None
    await ends_well(world, undisturbed, [FAILED])
    assert len(process.events(OVER)) == 1


@pytest.mark.thorough
async def test_the_token_expires_in_the_middle(world: World, undisturbed: Points) -> None:
    world.github.faults.add("/jobs", faults.delay(0), times=5)
    world.github.faults.add("", faults.status(401, "Bad credentials"), times=12)
    process = await ends_well(world, undisturbed, [FAILED])
    assert len(process.events(OVER)) == 1


@pytest.mark.thorough
async def test_answers_of_almost_50_megabytes(world: World, undisturbed: Points, record_property) -> None:
    padding = "x" * 48_000_000
    padded = faults.changed(lambda answer: answer | {"padding": padding})
    world.github.faults.add("/jobs", padded, times=10)
    process = await ends_well(world, undisturbed, [], most_memory_kb=400 * 1024)
    record_property("measured", f"peak {process.peak_kb // 1024} MiB")


@pytest.mark.thorough
async def test_pages_that_shift(tmp_path: Path, influxd: Influxd) -> None:
    """A day of several pages, to which runs are added while it is paged through."""
    async with chaos(tmp_path, influxd, yesterday(synthetic(days=1, pushes=100))) as world:
        repository = world.github.history.repositories[0]
        newest = repository.runs[-1]
        assert len(repository.runs) > 200

        def add() -> None:
            number = 10**9 + len(repository.runs)
            repository.runs.append(
                replace(newest, id=number, number=number, attempts=(Attempt(newest.created_at),))
            )

        world.github.faults.add(r"/actions/runs\?", faults.after(add), times=20)
        process = await world.start("run")
        await world.delivered()
        assert await process.stop() == 0
        assert process.complaints() == []
        found = world.points()
        sound(world)
        await equals_a_fresh_sync(tmp_path / "fresh", influxd, world.github.history, found)


@pytest.mark.thorough
@pytest.mark.parametrize("skew", [TEN_MINUTES, -TEN_MINUTES])
async def test_clocks_ten_minutes_apart(
    skew: int, tmp_path: Path, influxd: Influxd, history: History
) -> None:
    """A run that begins and ends while the service runs, by a clock of GitHub's that is not ours."""
    copied = History([replace(history.repositories[0], runs=list(history.repositories[0].runs))])
    async with chaos(tmp_path, influxd, copied) as world:
        offset = skew - 60.0
        world.github.clock = lambda: time.time() + offset
        process = await world.start("run")
        await process.until("synced")
        repository = copied.repositories[0]
        # It is not there yet by GitHub's clock; by ours it is over, or will be in two seconds.
        created = int(time.time()) + (2 if skew > 0 else skew - 30)
        job = Job(10**9, "new", created, created, created + 10)
        repository.runs.append(
            Run(10**9 + 1, 1, repository.workflows[0].id, created, (Attempt(created, (job,)),))
        )
        offset = skew
        await world.wait_until(lambda: bool(world.ask("SELECT 1 FROM runs WHERE id = 1000000001")))
        await world.delivered()
        assert await process.stop() == 0
        assert process.complaints() == ["this machine's clock is wrong"]
        assert [point.fields["job_id"] for point in world.points()["job"]].count(10**9) == 1
        sound(world)


async def away(world: World, fault: faults.Respond) -> None:
    """A service that GitHub answers nothing but this, until it was told and came again."""
    world.github.faults.add("", fault, times=None)
    process = await world.start("run")
    await process.until(FAILED)
    await process.shows("syncs_total", FAILING)
    asked = len(world.github.log.requests)
    await world.wait_until(lambda: len(world.github.log.requests) > asked + 4)
    world.github.faults.clear()


async def ends_well(world: World, undisturbed: Points, complaints: list[str], **bounds: int) -> Process:
    """Everything is read and delivered in the end, with these complaints and no other."""
    process = world.processes[-1] if world.processes else await world.start("run")
    await world.delivered()
    await process.shows("syncs_total", WELL)
    assert await process.stop() == 0
    assert process.complaints() == complaints, process.text
    equal(world.points(), undisturbed)
    sound(world, **bounds)
    return process


async def equals_a_fresh_sync(folder: Path, influxd: Influxd, history: History, found: Points) -> None:
    folder.mkdir()  # noqa: ASYNC240
    async with chaos(folder, influxd, history) as fresh:
        code, process = await fresh.run("sync")
        assert code == 0, process.text
        equal(found, fresh.points())
