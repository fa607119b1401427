"""Strangers who send much and slowly: bounded together, and real deliveries go on."""

import asyncio
from pathlib import Path

from etl.http.rare_log import RareLog
from tests.http.serving import Served, served
from tests.http.test_webhooks import ON, PATH, ended, sent
from tests.pipeline.world import simulated

_SENT = 4 << 20
# Together half as much again as is read at once.
_STRANGERS = 12


async def stranger(service: Served, part: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Sends most of a body, and then nothing more."""
    host, port = service.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nX-GitHub-Event: workflow_run\r\nContent-Length: {5 << 20}\r\n\r\n"
    writer.write(head.encode() + part)
    await writer.drain()
    return reader, writer


async def test_who_holds_most_makes_room_for_others(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        strangers = [await stranger(service, b"x" * _SENT) for _ in range(_STRANGERS)]
        assert await sent(service, ended()) == [202]
        assert (await service.get("/healthz")).status == 200
        answers = [(await reader.readline()).split()[1] for reader, _ in strangers]
        for _, writer in strangers:
            writer.close()
        assert set(answers) == {b"429", b"408"}
        assert answers.count(b"408") * _SENT <= 32 << 20
        assert await sent(service, ended(id=6)) == [202]


def test_a_subject_is_told_of_once_a_minute() -> None:
    now = 0.0
    rare = RareLog(lambda: now)
    assert [rare.allows("a"), rare.allows("a"), rare.allows("b")] == [True, False, True]
    now = 61.0
    assert rare.allows("a")
