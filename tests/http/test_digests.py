"""The digest that the service sends: once when it is due, whatever happens in between."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from etl.service.digests import due_at
from etl.settings import DigestSettings
from tests.agents import project
from tests.http.serving import Served, served, until
from tests.pipeline.world import DAY, HOUR, NOON, World, simulated
from tests.receiver import SECRET, Receiver, receiving

# A Monday, and the hour of the next ones.
WEEK = 7 * DAY


def serving(world: World, receiver: Receiver, **more: Any) -> Any:
    digest = {"url": receiver.url, "at": "mon 08:00"} | more
    return served(world, interval="1s", digest=digest)


def events(service: Served) -> list[str]:
    return [entry["event"] for entry in service.logs]


async def until_asked(receiver: Receiver, times: int) -> None:
    await until(lambda: receiver.asked == times)


async def checked(service: Served) -> None:
    """Wait until two more syncs have ended: beside them it was checked whether the digest is due."""
    await service.until_synced(events(service).count("synced") + 2)


@pytest.mark.parametrize(
    ("at", "now", "due"),
    [
        # NOON is a Monday's.
        ("mon 08:00", NOON, NOON - 4 * HOUR),
        ("mon 12:00", NOON, NOON),
        ("mon 12:01", NOON, NOON + 60 - WEEK),
        ("Sun 12:00", NOON, NOON - DAY),
        ("tue 12:00", NOON, NOON - 6 * DAY),
        ("08:30", NOON, NOON - 3 * HOUR - HOUR // 2),
        ("18:00", NOON, NOON - 18 * HOUR),
    ],
)
def test_when_it_is_due(at: str, now: int, due: int) -> None:
    assert due_at(DigestSettings(at=at), now) == due


async def test_it_is_sent_once_a_week_also_across_restarts(tmp_path: Path) -> None:
    async with simulated(tmp_path, project(NOON)) as world, receiving() as receiver:
        async with serving(world, receiver) as service:
            # A new state: the digest of this week is none of it.
            await until(lambda: service.pipeline.state.metadata.last_digest() is not None)
        assert receiver.asked == 0
        world.clock.now += WEEK
        for _ in range(2):
            async with serving(world, receiver) as service:
                await until(lambda: receiver.asked == 1)
                await checked(service)
                shown = str(service.logs)
                assert SECRET not in shown
        (message,) = receiver.messages
        assert "last 7 days" in message["text"]
        assert receiver.asked == 1


async def test_a_chat_that_refuses_is_warned_of_once_and_asked_again(tmp_path: Path) -> None:
    async with simulated(tmp_path, project(NOON)) as world, receiving() as receiver:
        async with serving(world, receiver, chat="slack") as service:
            await until(lambda: service.pipeline.state.metadata.last_digest() is not None)
            world.clock.now += WEEK
            receiver.status = 404
            for asked in (1, 2):
                await until_asked(receiver, asked)
                world.clock.now += 601
            receiver.status = 200
            await until(lambda: bool(receiver.messages))
            await until(lambda: "the digest was sent" in events(service))
            warnings = [entry for entry in service.logs if entry["event"].startswith("the digest could not")]
        (warning,) = warnings
        assert "it answered 404" in warning["reason"]
        assert SECRET not in str(service.logs)
        (message,) = receiver.messages
        assert message["blocks"][0]["type"] == "rich_text"


async def test_several_workers_send_it_once(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, world.pipeline() as pipeline:
        metadata = pipeline.state.metadata
        assert metadata.last_digest() is None
        claims = await asyncio.gather(*(pipeline.state.call(metadata.claim_digest, NOON) for _ in range(5)))
        assert sorted(claims) == [False] * 4 + [True]
        metadata.return_digest(NOON - 1, 7)
        assert metadata.last_digest() == NOON
        metadata.return_digest(NOON, NOON - WEEK)
        assert metadata.claim_digest(NOON)
