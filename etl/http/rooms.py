"""Puts the server's rooms together: what is served at which path."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from etl.http.access import Access
from etl.http.health import Health
from etl.http.metrics import Metrics
from etl.http.server import serving
from etl.http.telemetry import Telemetry
from etl.load.delivery import Delivery
from etl.pipeline.assembly import Pipeline


@asynccontextmanager
async def open_rooms(
    pipeline: Pipeline, delivery: Delivery, telemetry: Telemetry, trouble: Callable[[], list[str]]
) -> AsyncIterator[None]:
    """Serve what the settings ask for until the end; `trouble` tells what ended that should not have."""
    settings = pipeline.settings.http
    if not settings.enabled:
        yield
        return
    access = Access(settings.token, pipeline.state.repositories)
    health = Health(pipeline, delivery, access, trouble)
    metrics = Metrics(access, lambda: pipeline.settings.repositories, telemetry)
    routes = [
        web.get("/healthz", health.alive),
        web.get("/readyz", health.ready),
        web.get("/metrics", metrics.show),
    ]
    async with serving(settings, routes):
        yield
