"""A proxy between ci-health and a real InfluxDB, which does to requests what a bad day does."""

import asyncio
import gzip
from collections.abc import Awaitable, Callable
from typing import Self

import aiohttp
from aiohttp import web

from etl.demo.faults import Faults, Respond

_LOOPBACK = "127.0.0.1"
_WRITE = "/api/v2/write"

GoOn = Callable[[], Awaitable[web.StreamResponse]]


class InfluxProxy:
    """Passes requests on to InfluxDB, or has `faults` answer.

    `writes` counts requests that write, `accepted` those that InfluxDB took.
    """

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.faults = Faults()
        self.writes = self.accepted = 0
        self.url = ""
        self._port = 0
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession()
        await self.listen()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.vanish()
        assert self._session
        await self._session.close()

    async def listen(self) -> None:
        """Serve, on the same port every time."""
        app = web.Application(client_max_size=1 << 28)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, _LOOPBACK, self._port, reuse_address=True)
        await site.start()
        self._port = self._runner.addresses[0][1]
        self.url = f"http://{_LOOPBACK}:{self._port}"

    async def vanish(self) -> None:
        """Close the port: connections are refused."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def on_write(self, respond: Respond, *, times: int | None = None) -> None:
        """From now on, answer writes so."""
        self.faults.add(_WRITE, respond, times=times)

    async def forward(self, request: web.Request, body: bytes) -> web.Response:
        """InfluxDB's own answer to the request with this body."""
        assert self._session
        kept = {
            name: request.headers[name]
            for name in ("Authorization", "Content-Type")
            if name in request.headers
        }
        url = self.upstream + request.path_qs
        async with self._session.request(request.method, url, data=body, headers=kept) as answer:
            content = await answer.read()
            self.accepted += request.path == _WRITE and answer.ok
            headers = {"Content-Type": answer.headers.get("Content-Type", "text/plain")}
            return web.Response(status=answer.status, body=content, headers=headers)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.writes += request.path == _WRITE

        async def go_on() -> web.StreamResponse:
            try:
                return await self.forward(request, await unpacked(request))
            except aiohttp.ClientError:
                # InfluxDB itself is away: so is what stands before it.
                return await _reset(request)

        fault = self.faults.take(request.path_qs)
        return await fault(request, go_on) if fault else await go_on()


async def unpacked(request: web.Request) -> bytes:
    """The body as InfluxDB reads it; aiohttp has unpacked what the header says is packed."""
    body = await request.read()
    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


async def lines_of(request: web.Request) -> list[bytes]:
    """The lines of a write, where no string of theirs holds a newline that would tear one."""
    lines: list[bytes] = []
    open_quote = False
    for part in (await unpacked(request)).split(b"\n"):
        if open_quote:
            lines[-1] += b"\n" + part
        else:
            lines.append(part)
        quotes = part.replace(b"\\\\", b"").replace(b'\\"', b"").count(b'"')
        open_quote ^= quotes % 2 == 1
    return lines


def half_written(proxy: InfluxProxy, then: Respond) -> Respond:
    """InfluxDB gets the first half of the lines, the client another answer."""

    async def respond(request: web.Request, go_on: GoOn) -> web.StreamResponse:
        lines = await lines_of(request)
        await proxy.forward(request, b"\n".join(lines[: len(lines) // 2]))
        return await then(request, go_on)

    return respond


def reset() -> Respond:
    """InfluxDB takes it, and the connection breaks in the middle of the answer."""

    async def respond(request: web.Request, go_on: GoOn) -> web.StreamResponse:
        await go_on()
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"HTT")
        assert request.transport
        request.transport.abort()
        return response

    return respond


def black_hole() -> Respond:
    """Neither InfluxDB nor the client ever hears of it."""

    async def respond(_request: web.Request, _go_on: GoOn) -> web.StreamResponse:
        await asyncio.sleep(3_600)
        raise AssertionError

    return respond


def dripping() -> Respond:
    """InfluxDB takes it; its answer comes with a byte a second, for an hour."""

    async def respond(request: web.Request, go_on: GoOn) -> web.StreamResponse:
        await go_on()
        response = web.StreamResponse(status=500, headers={"Content-Length": "3600"})
        await response.prepare(request)
        for _ in range(3_600):
            await response.write(b" ")
            await asyncio.sleep(1)
        return response

    return respond


def too_large_above(most: int) -> Respond:
    """413 to more lines than that; fewer are taken."""

    async def respond(request: web.Request, go_on: GoOn) -> web.StreamResponse:
        if len(await lines_of(request)) > most:
            return web.json_response({"code": "request too large", "message": "too large"}, status=413)
        return await go_on()

    return respond


async def _reset(request: web.Request) -> web.StreamResponse:
    assert request.transport
    request.transport.abort()
    return web.Response()
