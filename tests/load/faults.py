"""A server that answers writes as it is told, where InfluxDB cannot be made to."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from etl.settings import InfluxSettings

Answer = Callable[[list[bytes]], web.StreamResponse]


class FaultServer:
    """`answer` makes the answer to the lines of a write; `bodies` are the writes that came in."""

    def __init__(self) -> None:
        self.answer: Answer = lambda _lines: web.Response(status=204)
        self.hangs = False
        self.bodies: list[list[bytes]] = []
        self._server: TestServer
        self._url = ""

    async def start(self) -> None:
        app = web.Application(client_max_size=1 << 26)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._server = TestServer(app)
        await self._server.start_server()
        self._url = str(self._server.make_url("/"))

    async def stop(self) -> None:
        await self._server.close()

    @property
    def settings(self) -> InfluxSettings:
        return InfluxSettings.model_validate(
            {"url": self._url, "org": "o", "bucket": "b", "token": "a-secret"}
        )

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if self.hangs:
            await asyncio.sleep(60)
        body = await request.read()
        # aiohttp has unpacked what the header says is packed.
        lines = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).splitlines()
        self.bodies.append(lines)
        return self.answer(lines)


@pytest.fixture
async def faults() -> AsyncIterator[FaultServer]:
    server = FaultServer()
    await server.start()
    yield server
    await server.stop()
