"""Faults between ci-health and InfluxDB, each with the real process and the real server."""

import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from etl.demo.faults import Respond, delay, status
from tests.chaos.process import Process
from tests.chaos.proxy import black_hole, dripping, half_written, reset, too_large_above
from tests.chaos.sound import GOES_ON, STOPPED, equal, sound, told_once
from tests.chaos.world import Points, World


@dataclass(frozen=True)
class Fault:
    """`begin` starts it while points go out; `seen` holds once it struck often enough; `end` mends it."""

    name: str
    begin: Callable[[World], Any]
    times: int = 2
    short: bool = False

    @property
    def marks(self) -> list[pytest.MarkDecorator]:
        return [] if self.short else [pytest.mark.thorough]


def answers(respond: Callable[[World], Respond]) -> Callable[[World], None]:
    """Writes are answered so until the fault ends."""
    return lambda world: world.proxy.on_write(respond(world))


FAULTS = [
    Fault("connection reset in the middle of an answer", answers(lambda _: reset())),
    Fault("black hole", answers(lambda _: black_hole()), times=1),
    Fault("one byte a second", answers(lambda _: dripping()), times=1),
    Fault("429 without a time", answers(lambda _: status(429))),
    Fault("503", answers(lambda _: status(503))),
    Fault("500 after half was written", answers(lambda w: half_written(w.proxy, status(500))), short=True),
    Fault("401", answers(lambda _: status(401, "unauthorized access")), times=1),
    Fault("reset after half was written", answers(lambda w: half_written(w.proxy, reset()))),
]


@pytest.mark.parametrize("fault", [pytest.param(f, id=f.name, marks=f.marks) for f in FAULTS])
async def test_a_store_in_trouble(fault: Fault, world: World, undisturbed: Points) -> None:
    process = await started(world)
    fault.begin(world)
    before = world.proxy.writes
    await process.until(STOPPED)
    await world.wait_until(lambda: world.proxy.writes >= before + fault.times)
    await shows_trouble(process)
    world.proxy.faults.clear()
    await process.until(GOES_ON)
    await world.delivered()
    await shows_none(process)
    assert await process.stop() == 0
    told_once(process)
    equal(world.points(), undisturbed)
    sound(world)


async def test_connections_are_refused(world: World, undisturbed: Points) -> None:
    process = await started(world)
    await world.proxy.vanish()
    await process.until(STOPPED)
    await shows_trouble(process)
    await world.proxy.listen()
    await process.until(GOES_ON)
    await world.delivered()
    await shows_none(process)
    assert await process.stop() == 0
    told_once(process)
    equal(world.points(), undisturbed)
    sound(world)


def in_seconds(until: float) -> str:
    return str(math.ceil(until - time.time()))


def as_a_date(until: float) -> str:
    return format_datetime(datetime.fromtimestamp(math.ceil(until), UTC), usegmt=True)


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (429, in_seconds),
        pytest.param(503, in_seconds, marks=pytest.mark.thorough),
        pytest.param(429, as_a_date, marks=pytest.mark.thorough),
        pytest.param(503, as_a_date, marks=pytest.mark.thorough),
    ],
)
async def test_it_waits_as_long_as_it_is_told(
    code: int, told: Callable[[float], str], world: World, undisturbed: Points
) -> None:
    until = 0.0
    refused = 0

    async def busy(
        _request: web.Request, go_on: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        nonlocal until, refused
        until = until or time.time() + 2
        if time.time() < until - 0.1:
            refused += 1
            return web.Response(status=code, headers={"Retry-After": told(until)})
        return await go_on()

    process = await started(world)
    world.proxy.on_write(busy)
    await process.until(GOES_ON)
    await world.delivered()
    assert await process.stop() == 0
    assert refused == 1
    told_once(process)
    equal(world.points(), undisturbed)
    sound(world)


@pytest.mark.thorough
@pytest.mark.parametrize("most", [100, 1])
async def test_requests_too_large_are_split(most: int, world: World, undisturbed: Points) -> None:
    world.proxy.on_write(too_large_above(most))
    process = await world.start("run")
    await world.delivered()
    assert await process.stop() == 0
    assert process.complaints() == []
    equal(world.points(), undisturbed)
    sound(world)


async def test_one_bad_line_of_5000(world: World, undisturbed: Points) -> None:
    code, _ = await world.run("sync")
    assert code == 0
    now = time.time_ns()
    lines = [b"job,repository=other/one,job=j%d job_id=%di %d" % (n, n, now - n) for n in range(5_000)]
    lines[3_210] = b"job,repository=other/one no field at all"
    world.put("other/one", lines)
    code, process = await world.run("sync")
    assert code == 1
    assert process.complaints() == ["points rejected, kept as dead letters"]
    assert world.ask("SELECT repository, line FROM dead_letters") == [("other/one", lines[3_210])]
    assert "unable to parse" in world.ask("SELECT reason FROM dead_letters")[0][0]
    jobs = world.points()["job"]
    assert len(jobs) == len(undisturbed["job"]) + 4_999
    code, check = await world.run("check")
    assert code == 1
    assert "dead letters: 1 points were rejected by the store: unable to parse" in check.text
    sound(world)


@pytest.mark.thorough
async def test_a_type_conflict(world: World, undisturbed: Points) -> None:
    """Something else wrote `failure` with a text as `job_id`: those points can never be stored."""
    moments = {point.time for points in undisturbed.values() for point in points}
    world.create_bucket()
    world.write([b'failure,repository=x job_id="text" %d' % moment for moment in moments])
    process = await world.start("run")
    await world.delivered()
    await process.shows("dead_letters")
    await process.shows("points_total", 'outcome="rejected"')
    assert await process.stop() == 0
    dead = world.ask("SELECT line, reason FROM dead_letters")
    assert len(dead) == len(undisturbed["failure"]) > 10
    assert all(line.startswith(b"failure,") and "conflict" in reason for line, reason in dead)
    world.delete_foreign()
    found = world.points()
    equal(found | {"failure": []}, undisturbed | {"failure": []})
    assert set(process.complaints()) == {"points rejected, kept as dead letters"}
    assert len(process.complaints()) <= len(dead)
    sound(world)


@pytest.mark.thorough
async def test_points_that_are_older_than_the_bucket_keeps(world: World, undisturbed: Points) -> None:
    """The retention is shortened after it was asked for: InfluxDB answers 422, and says why."""
    process = await started(world)
    world.shorten_retention()
    await world.delivered()
    await process.shows("points_total", 'outcome="expired"')
    assert await process.stop() == 0
    assert set(process.complaints()) == {"points older than the store keeps were not sent"}
    assert world.ask("SELECT count(*) FROM dead_letters") == [(0,)]
    found = world.points()
    assert all(point in undisturbed[name] for name, points in found.items() for point in points)
    sound(world)


@pytest.mark.thorough
async def test_the_token_is_revoked_in_the_middle(world: World, undisturbed: Points) -> None:
    world.create_bucket()
    token = world.new_token()
    world.settings["CI_HEALTH_INFLUXDB__TOKEN"] = token["token"]
    process = await started(world)
    world.set_token(token, "inactive")
    record = await process.until(STOPPED)
    # InfluxDB says one or the other of a token that is not active.
    assert "401" in record["reason"] or "403" in record["reason"]
    assert "influxdb.token" in record["reason"]
    await shows_trouble(process)
    world.set_token(token, "active")
    await process.until(GOES_ON)
    await world.delivered()
    await shows_none(process)
    assert await process.stop() == 0
    told_once(process)
    equal(world.points(), undisturbed)
    sound(world)
    assert token["token"] not in world.printed()


async def started(world: World) -> Process:
    """`ci-health run` in the middle of its first delivery, on a GitHub that takes its time."""
    world.github.faults.add("/jobs", delay(0.1), times=None)
    process = await world.start("run")
    await world.wait_until(lambda: world.proxy.writes >= 2)
    return process


async def shows_trouble(process: Process) -> None:
    """`/metrics` tells that the store takes nothing, and that points wait."""
    await process.shows("store_up", least=0, most=0)
    await process.shows("outbox_points")


async def shows_none(process: Process) -> None:
    """`/metrics` tells that it does again, and that nothing but the newest `etl` points wait."""
    await process.shows("store_up")
    await process.shows("outbox_points", least=0, most=1)


async def test_check_says_what_is_wrong_and_that_it_is_over(world: World) -> None:
    """Beside no other process: it looks at the state, too."""
    code, _ = await world.run("sync")
    assert code == 0
    for begin, end, told in (
        (world.proxy.vanish, world.proxy.listen, "FAIL  store: "),
        (refuse(world), clear(world), "influxdb.token"),
        (no_github(world), clear(world), "FAIL  acme/rocket: "),
    ):
        await begin()
        code, check = await world.run("check")
        assert (code, told in check.text) == (1, True), check.text
        await end()
    code, check = await world.run("check")
    assert (code, "FAIL" in check.text) == (0, False), check.text
    sound(world)


def refuse(world: World) -> Callable[[], Awaitable[None]]:
    async def begin() -> None:
        world.proxy.faults.add("", status(401, "unauthorized access"), times=None)

    return begin


def no_github(world: World) -> Callable[[], Awaitable[None]]:
    async def begin() -> None:
        world.settings["CI_HEALTH_GITHUB__RETRIES"] = "0"
        world.github.faults.add("", status(502), times=None)

    return begin


def clear(world: World) -> Callable[[], Awaitable[None]]:
    async def end() -> None:
        world.proxy.faults.clear()
        world.github.faults.clear()

    return end
