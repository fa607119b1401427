"""A real service over a small world: its HTTP server on a free port, asked as anybody would."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from structlog.testing import capture_logs

from etl.app import App
from etl.pipeline.context import Pipeline
from etl.service.run import service_of
from etl.service.service import Service
from tests.pipeline.world import World
from tests.waiting import HANGS_S


@dataclass(slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str
    json: Any = None


@dataclass(slots=True)
class Served:
    """A service at work; `get` and `post` ask its HTTP server."""

    url: str
    pipeline: Pipeline
    service: Service
    logs: list[Any]
    session: aiohttp.ClientSession = field(repr=False)

    async def get(self, path: str, **headers: str) -> Answer:
        return await self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        async with self.session.request(method, self.url + path, **more) as response:
            text = await response.text()
            is_json = response.content_type == "application/json"
            return Answer(response.status, response.headers, text, await response.json() if is_json else None)

    async def until_synced(self, syncs: int = 1) -> None:
        """Wait until so many syncs have ended and everything is delivered."""
        ends = ("synced", "sync failed")
        await until(lambda: sum(entry["event"] in ends for entry in self.logs) >= syncs)
        await self.until_delivered()

    async def until_delivered(self) -> None:
        outbox = self.pipeline.state.outbox
        await until(lambda: not outbox.backlog().points or self.service.delivery.trouble is not None)

    async def until_figures(self) -> None:
        """Wait until the first CI metrics are computed."""
        await until(lambda: any(entry["event"] == "figures" for entry in self.logs))

    async def until_made(self) -> None:
        """Wait until pages were made ahead for the first time."""
        await until(lambda: any(entry["event"] == "pages made" for entry in self.logs))


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(HANGS_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@asynccontextmanager
async def served(world: World, **overrides: Any) -> AsyncIterator[Served]:
    """The service of a world, with these settings beside those of its own."""
    overrides["http"] = {"port": 0} | overrides.get("http", {})
    with capture_logs() as logs:
        async with world.pipeline(**overrides) as pipeline, aiohttp.ClientSession() as session:
            service = service_of(App(pipeline, None))
            running = asyncio.create_task(service.run())
            try:
                url = await _listening(logs, running)
                yield Served(url, pipeline, service, logs, session)
            finally:
                service.stop()
                await running
    structlog.contextvars.clear_contextvars()


async def _listening(logs: list[Any], running: asyncio.Task[None]) -> str:
    def urls() -> list[str]:
        return [entry["url"] for entry in logs if entry["event"] == "listening"]

    await until(lambda: running.done() or bool(urls()))
    if running.done():
        await running
    return urls()[0]
