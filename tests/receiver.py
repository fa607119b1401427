"""A chat's incoming webhook on loopback: a real HTTP server that keeps what it is sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

# Part of a webhook's URL, and the only thing that protects it.
SECRET = "T0000-B0000-secret-of-a-webhook"


@dataclass(slots=True)
class Receiver:
    """`status` is what it answers with."""

    url: str = ""
    status: int = 200
    asked: int = 0
    messages: list[Any] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.asked += 1
        if self.status == 200:
            self.messages.append(await request.json())
        return web.Response(status=self.status, headers={"Location": "/elsewhere"})


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.add_routes([web.post(f"/hooks/{SECRET}", receiver.take)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hooks/{SECRET}"
    try:
        yield receiver
    finally:
        await runner.cleanup()
