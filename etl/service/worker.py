"""Takes syncs from the queue shared by all workers on one state."""

import asyncio
from collections.abc import Callable
from typing import Final

from etl.http.routes import Parts
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.workers.log_filter import shorten_log
from etl.workers.queue import SYNC, Queue
from etl.workers.reconnect import give_up, run_forever
from etl.workers.tasks import Tasks
from etl.workers.upkeep import Upkeep

_MAX_SYNCS: Final = 8
_LAST_SYNC_S: Final = 3.0
_LAST_RETURN_S: Final = 1.0


class Worker:
    """One of several workers; `done` is called with the summary of each sync."""

    def __init__(
        self, pipeline: Pipeline, delivery: Delivery, queue: Queue, done: Callable[[Summary], None]
    ) -> None:
        self._pipeline = pipeline
        self._queue = queue
        self._working: list[asyncio.Task[None]] = []
        self._upkeep = Upkeep(queue, pipeline)
        Tasks(queue, pipeline, delivery, done).register()
        shorten_log(SYNC)

    def start(self) -> Parts:
        """Start taking syncs; the queue's upkeep has its own task, so that syncs cannot delay it."""
        parts: Parts = {
            f"the queue {SYNC}": asyncio.create_task(run_forever(SYNC, self._take_syncs)),
            "the queue's upkeep": asyncio.create_task(run_forever("upkeep", self._upkeep.run)),
        }
        self._working = list(parts.values())
        return parts

    def trouble(self) -> str | None:
        """Always None: the queue decides which worker takes a sync."""
        return None

    async def stop(self) -> None:
        """Hand back the running syncs; other workers resume them."""
        await give_up(self._working, _LAST_SYNC_S + _LAST_RETURN_S)

    async def _take_syncs(self) -> None:
        """Take syncs until cancelled."""
        await self._queue.ask(await self._pipeline.repositories.names())
        pace = self._queue.pace
        await self._queue.app.run_worker_async(
            queues=[SYNC],
            name=SYNC,
            concurrency=_MAX_SYNCS,
            fetch_job_polling_interval=pace.poll,
            shutdown_graceful_timeout=_LAST_SYNC_S,
            install_signal_handlers=False,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.stalled,
        )
