"""Requests that nobody means well: answered or dropped, and the log is not theirs to fill."""

import asyncio
import io
import logging
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from etl import log
from etl.errors import RetriableError
from etl.http import bodies
from etl.model.writes import Row
from etl.settings import LogSettings
from tests.http.serving import Served, served
from tests.http.test_webhooks import ON, PATH
from tests.pipeline.world import simulated
from tests.waiting import HANGS_S

POST = b"POST " + PATH.encode() + b" HTTP/1.1\r\nHost: x\r\nX-GitHub-Event: workflow_run\r\n"
REQUESTS = {
    "no request": b"\x1b[31mEVIL\r\n\r\n",
    "no request behind a good one": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nEVIL\r\n\r\n",
    "no address": b"GET /badge/a/\xff\xfe.svg HTTP/1.1\r\nHost: x\r\n\r\n",
    "no port": b"GET /metrics HTTP/1.1\r\nHost: x:99999999\r\n\r\n",
    "no host": b"GET /metrics HTTP/1.1\r\nHost: [::1\r\n\r\n",
    "no repository": b"GET /badge/a/%00.svg HTTP/1.1\r\nHost: x\r\n\r\n",
    "nor here": b"GET /report?repository=%00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a header without end": b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
    "two lengths": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "an encoding that nobody knows": POST + b"Content-Encoding: br\r\nContent-Length: 2\r\n\r\n{}",
    "an encoding that it is not": POST + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "chunks that are none": POST + b"Transfer-Encoding: chunked\r\n\r\nEVIL\r\n",
    "a body that breaks off": POST + b"Content-Length: 50\r\n\r\n{",
}


@pytest.fixture
def printed() -> Iterator[io.StringIO]:
    """What the log holds of others than ourselves."""
    before = structlog.get_config(), logging.getLogger().handlers
    stream = io.StringIO()
    log.configure(LogSettings(), stream=stream)
    yield stream
    structlog.configure(**before[0])
    logging.getLogger().handlers = before[1]


async def test_the_log_does_not_tell_of_them(tmp_path: Path, printed: io.StringIO) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        for name, request in REQUESTS.items():
            answer = await sent(service, request)
            assert b" 500 " not in answer, name
            assert (await service.get("/healthz")).status == 200, name
            assert [entry for entry in service.logs if entry["log_level"] == "error"] == [], name
    assert printed.getvalue() == ""


async def test_a_body_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "_TIMEOUT_S", 0.2)
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        reader, writer = await connected(service)
        writer.write(POST + b"Content-Length: 50\r\n\r\n{")
        async with asyncio.timeout(HANGS_S):
            assert b" 408 " in await reader.readline()
        writer.close()


async def test_a_body_that_unpacks_to_more_than_allowed_is_refused(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON) as service:
        bomb = zlib.compress(bytes(64 << 20))
        answer = await service.ask("POST", PATH, data=bomb, headers={"Content-Encoding": "deflate"})
        assert answer.status == 413


async def sent(service: Served, request: bytes) -> bytes:
    """What is answered to these bytes, before the connection ends."""
    reader, writer = await connected(service)
    writer.write(request)
    writer.write_eof()
    async with asyncio.timeout(HANGS_S):
        answer = await reader.read()
    writer.close()
    return answer


async def connected(service: Served) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", int(service.url.rpartition(":")[2]))


async def test_what_strangers_cause_is_logged_once_a_minute(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> list[Row]:
        raise RetriableError("the store is away")

    async with simulated(tmp_path) as world, served(world) as service:
        await service.until_figures()
        monkeypatch.setattr(service.pipeline.store, "query", away)
        for days in range(1, 40):
            assert (await service.get(f"/report?days={days}")).status == 503
        told = [entry for entry in service.logs if entry["event"] == "a request could not be answered"]
        assert len(told) == 1
