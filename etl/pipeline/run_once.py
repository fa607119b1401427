"""Runs one sync, backfill or verification to its last delivery; extraction and delivery run concurrently."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from etl.pipeline.backfill import Range, backfill_all
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.judge import judge_after
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all
from etl.pipeline.verification import Verification, look_again
from etl.pipeline.verify import verify_all, wait_until_delivered

_Done = TypeVar("_Done")


async def sync_and_deliver(
    pipeline: Pipeline,
    *,
    newest_only: bool = False,
    advance: Callable[[str, int, int], None] = lambda *_: None,
) -> tuple[list[Summary], Delivery]:
    """Sync every repository; deliver meanwhile, and afterwards for up to `store_timeout`."""

    async def extract(delivery: Delivery) -> list[Summary]:
        plan = dict.fromkeys(await pipeline.repositories.names(), newest_only)
        return await _judged(pipeline, delivery, await sync_all(pipeline, delivery, plan, advance=advance))

    return await deliver_beside(pipeline, extract)


async def backfill_and_deliver(
    pipeline: Pipeline, asked: Range, advance: Callable[[str, int, int], None]
) -> tuple[list[Summary], Delivery]:
    """Backfill every repository, and deliver as `sync_and_deliver` does."""

    async def extract(delivery: Delivery) -> list[Summary]:
        summaries = await backfill_all(pipeline, delivery, asked, advance=advance)
        return await _judged(pipeline, delivery, summaries)

    return await deliver_beside(pipeline, extract)


async def verify_and_deliver(
    pipeline: Pipeline, since: int, *, most: int, repair: bool
) -> tuple[list[Verification], Delivery]:
    """Compare the store with GitHub since a time (Unix seconds), and deliver what was read again."""
    found, delivery = await deliver_beside(
        pipeline, lambda delivery: verify_all(pipeline, delivery, since, most=most, repair=repair)
    )
    for verification in found if repair and delivery.trouble is None else ():
        await wait_until_delivered(pipeline, delivery, verification.repository)
        await look_again(pipeline.store, verification, pipeline.clock())
    return found, delivery


async def deliver(pipeline: Pipeline) -> Delivery:
    """Deliver what is in the outbox, for up to `store_timeout`."""
    delivery = _delivery(pipeline)
    await delivery.drain()
    return delivery


async def _judged(pipeline: Pipeline, delivery: Delivery, summaries: list[Summary]) -> list[Summary]:
    for summary in summaries:
        await judge_after(pipeline, delivery, summary)
    return summaries


async def deliver_beside(
    pipeline: Pipeline, extract: Callable[[Delivery], Awaitable[list[_Done]]]
) -> tuple[list[_Done], Delivery]:
    """Extract; deliver meanwhile, and afterwards for up to `store_timeout`."""
    delivery = _delivery(pipeline)
    delivering = asyncio.create_task(delivery.run())
    try:
        summaries = await extract(delivery)
    finally:
        delivery.finish()
        await delivering
    return summaries, delivery


def _delivery(pipeline: Pipeline) -> Delivery:
    patience = pipeline.settings.store_timeout.total_seconds()
    return Delivery(pipeline.state, pipeline.store, patience=patience)
