"""Takes syncs from the queue that all workers on one state share."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Final

from etl.http.routes import Parts
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.workers.log_filter import shorten_log
from etl.workers.queue import SYNC, Queue
from etl.workers.reconnect import give_up, run_forever
from etl.workers.tasks import UPKEEP, Tasks

_MAX_SYNCS: Final = 8
_MAX_UPKEEP: Final = 3
_LAST_SYNC_S: Final = 3.0
_LAST_RETURN_S: Final = 1.0


class Worker:
    """One worker beside others; `done` is called with the summary of each sync."""

    def __init__(
        self, pipeline: Pipeline, delivery: Delivery, queue: Queue, done: Callable[[Summary], None]
    ) -> None:
        self._pipeline = pipeline
        self._queue = queue
        self._working: list[asyncio.Task[None]] = []
        Tasks(queue, pipeline, delivery, done).register()
        shorten_log(SYNC, UPKEEP)

    def start(self) -> Parts:
        """Take syncs and upkeep tasks until stopped. Upkeep has slots of its own, however busy the syncs are."""
        parts: Parts = {}
        for name, work in (
            (SYNC, self._take_syncs),
            (UPKEEP, partial(self._take, UPKEEP, _MAX_UPKEEP)),
        ):
            parts[f"the queue {name}"] = asyncio.create_task(run_forever(name, work))
        self._working = list(parts.values())
        return parts

    def trouble(self) -> str | None:
        """None: which worker takes a sync is the queue's affair."""
        return None

    async def stop(self) -> None:
        """Hand back what is under way: other workers go on where it stopped."""
        await give_up(self._working, _LAST_SYNC_S + _LAST_RETURN_S)

    async def _take_syncs(self) -> None:
        await self._queue.ask(await self._pipeline.repositories.names())
        await self._take(SYNC, _MAX_SYNCS)

    async def _take(self, name: str, concurrency: int) -> None:
        """Take tasks until cancelled."""
        pace = self._queue.pace
        await self._queue.app.run_worker_async(
            queues=[name],
            name=name,
            concurrency=concurrency,
            fetch_job_polling_interval=pace.poll,
            shutdown_graceful_timeout=_LAST_SYNC_S,
            install_signal_handlers=False,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.stalled,
        )
