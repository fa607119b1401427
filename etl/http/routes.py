"""The server's routes."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from aiohttp import web

from etl.http.access import Access
from etl.http.answer_cache import AnswerCache
from etl.http.badge import Badge
from etl.http.ci_metrics import CiMetrics
from etl.http.etl_metrics import EtlMetrics
from etl.http.health import Health
from etl.http.ingest import Ingest, judge_forever
from etl.http.landing import Landing
from etl.http.metrics import Metrics
from etl.http.report import Report
from etl.http.server import serving
from etl.http.webhooks import Webhooks
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.webhooks import WebhookQueue

Parts = dict[str, asyncio.Task[None]]


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
    answers, figures = AnswerCache(pipeline), CiMetrics(pipeline)
    routes = [
        web.get("/", Landing(access, answers, names).show),
        web.get("/healthz", health.alive),
        web.get("/readyz", health.ready),
        web.get("/metrics", Metrics(access, names, telemetry.refresh, telemetry, figures).show),
        web.get("/report", Report(access, answers, names).show),
        web.get("/badge/{owner}/{repository:.+}.svg", Badge(access, answers, names, settings.days).show),
    ]
    async with AsyncExitStack() as stack:
        if settings.webhooks.secret is not None:
            queue = WebhookQueue(pipeline, delivery, telemetry.read)
            secret = settings.webhooks.secret.get_secret_value()
            webhooks = Webhooks(secret, queue, pipeline.state, watched, telemetry)
            routes.append(web.post("/webhooks/github", webhooks.take))
            await stack.enter_async_context(_in_background(parts, "webhooks", queue.run()))
        if settings.ingest.token is not None:
            routes.append(web.post("/api/v1/ingest", Ingest(settings.ingest.token, pipeline).take))
        judging = judge_forever(pipeline, delivery)
        await stack.enter_async_context(_in_background(parts, "ingested repositories", judging))
        await stack.enter_async_context(_in_background(parts, "figures", figures.run()))
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
