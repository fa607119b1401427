"""The server's routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web

from etl.http.access import Access
from etl.http.ahead import Ahead
from etl.http.api import Api
from etl.http.badge import Badge
from etl.http.ci_metrics import CiMetrics
from etl.http.etl_metrics import EtlMetrics
from etl.http.health import Health
from etl.http.ingest import Ingest, judge_forever
from etl.http.landing import Landing
from etl.http.metrics import Metrics
from etl.http.page import Pages
from etl.http.page_cache import PageCache
from etl.http.report import Report
from etl.http.server import serving
from etl.http.webhooks import Webhooks
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.webhooks import WebhookQueue

Parts = dict[str, asyncio.Task[None]]

# Bounds of what is kept in memory, compressed: reports, and badges with landing pages.
_REPORTS, _REPORT_BYTES = 32, 64 << 20
_SMALL, _SMALL_BYTES = 1_024, 16 << 20


@asynccontextmanager
async def open_routes(
    pipeline: Pipeline,
    delivery: Delivery,
    telemetry: EtlMetrics,
    parts: Parts,
    trouble: Callable[[], list[str]],
) -> AsyncIterator[None]:
    """Serve the configured routes until the context ends.

    The server's background tasks are added to `parts`; `trouble` returns parts that ended unexpectedly.
    """
    settings = pipeline.settings.http
    if not settings.enabled:
        yield
        return

    def watched() -> tuple[str, ...]:
        return pipeline.repositories.known

    def names() -> tuple[str, ...]:
        return pipeline.repositories.all

    access = Access(settings.token, pipeline.state)
    health = Health(pipeline, delivery, access, trouble)
    figures, refresh_s = CiMetrics(pipeline), settings.refresh.total_seconds()
    # A report takes up to minutes: badges and the landing page must not wait behind one.
    reports = PageCache(refresh_s, most=_REPORTS, most_bytes=_REPORT_BYTES)
    small = PageCache(refresh_s, most=_SMALL, most_bytes=_SMALL_BYTES)
    report = Report(Pages(pipeline, access, reports, names))
    small_pages = Pages(pipeline, access, small, names)
    landing = Landing(small_pages)
    ahead = Ahead(pipeline, delivery, [landing.make_ahead, report.make_ahead])
    routes = [
        web.get("/", landing.show),
        web.get("/healthz", health.alive),
        web.get("/readyz", health.ready),
        web.get("/metrics", Metrics(access, names, telemetry, figures).show),
        web.get("/report", report.show),
        web.get("/badge/{owner}/{repository:.+}.svg", Badge(small_pages, settings.days).show),
        *Api(access, pipeline, names).routes(),
    ]
    async with AsyncExitStack() as stack:
        if settings.webhooks.secret is not None:
            queue = WebhookQueue(pipeline, delivery, telemetry.read)
            secret = settings.webhooks.secret.get_secret_value()
            webhooks = Webhooks(secret, queue, pipeline.state, watched, telemetry)
            routes.append(web.post("/webhooks/github", webhooks.take))
            await stack.enter_async_context(_in_background(parts, "webhooks", queue.run()))
        for cache in (reports, small):
            stack.push_async_callback(cache.close)
        if settings.ingest.token is not None:
            routes.append(web.post("/api/v1/ingest", Ingest(settings.ingest.token, pipeline).take))
        judging = judge_forever(pipeline, delivery)
        await stack.enter_async_context(_in_background(parts, "ingested repositories", judging))
        await stack.enter_async_context(_in_background(parts, "figures", figures.run()))
        await stack.enter_async_context(_in_background(parts, "pages", ahead.run()))
        await stack.enter_async_context(serving(settings, routes))
        yield


@asynccontextmanager
async def _in_background(parts: Parts, name: str, work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run a background task, cancelled when the context ends."""
    task = parts[name] = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])
