"""A sync or backfill from first request to last delivery: extraction beside delivery."""

import asyncio
from collections.abc import Awaitable, Callable

from etl.pipeline.backfill import Range, backfill_all
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all

Extract = Callable[[Delivery], Awaitable[list[Summary]]]


async def sync_and_deliver(
    pipeline: Pipeline, *, newest_only: bool = False
) -> tuple[list[Summary], Delivery]:
    """Sync every repository, and deliver while and after that for as long as `store_timeout` says."""

    async def extract(delivery: Delivery) -> list[Summary]:
        plan = dict.fromkeys(await pipeline.repositories.names(), newest_only)
        return await sync_all(pipeline, delivery, plan)

    return await _deliver_beside(pipeline, extract)


async def backfill_and_deliver(
    pipeline: Pipeline, asked: Range, advance: Callable[[str, int, int], None]
) -> tuple[list[Summary], Delivery]:
    """Backfill every repository, and deliver as `sync_and_deliver` does."""
    return await _deliver_beside(
        pipeline, lambda delivery: backfill_all(pipeline, delivery, asked, advance=advance)
    )


async def _deliver_beside(pipeline: Pipeline, extract: Extract) -> tuple[list[Summary], Delivery]:
    patience = pipeline.settings.store_timeout.total_seconds()
    delivery = Delivery(pipeline.state, pipeline.store, patience=patience)
    delivering = asyncio.create_task(delivery.run())
    try:
        summaries = await extract(delivery)
    finally:
        delivery.finish()
        await delivering
    return summaries, delivery
