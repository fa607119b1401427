"""`ci-health run` on a shared state: a worker beside others, in place of a scheduler of its own."""

import asyncio
from functools import partial
from typing import Final

from etl.pipeline.context import Pipeline
from etl.service import LAST_READ_S, Service
from etl.workers.log_filter import tell_plainly
from etl.workers.queue import SYNC, Queue
from etl.workers.reconnect import give_up, run_forever
from etl.workers.tasks import UPKEEP, Tasks

_SYNCS_AT_ONCE: Final = 8
_UPKEEP_AT_ONCE: Final = 3
_LAST_RETURN_S: Final = 1.0


class WorkerService(Service):
    """Takes repositories from the queue, and delivers from the outbox that all workers share."""

    def __init__(self, pipeline: Pipeline, queue: Queue) -> None:
        super().__init__(pipeline)
        self._queue = queue
        self._working: list[asyncio.Task[None]] = []
        Tasks(queue, pipeline, self.delivery, self._telemetry.synced).register()
        tell_plainly(SYNC, UPKEEP)

    def _begin_syncs(self) -> None:
        # Whatever the syncs do, somebody looks after the queue.
        for name, work in (
            (SYNC, self._take_syncs),
            (UPKEEP, partial(self._take, UPKEEP, _UPKEEP_AT_ONCE)),
        ):
            task = self._parts[f"the queue {name}"] = asyncio.create_task(run_forever(name, work))
            self._working.append(task)

    async def _end_syncs(self) -> None:
        """Hand back what is under way: others go on where it stands."""
        await give_up(self._working, LAST_READ_S + _LAST_RETURN_S)

    async def _take_syncs(self) -> None:
        await self._queue.ask(await self._pipeline.repositories.names())
        await self._take(SYNC, _SYNCS_AT_ONCE)

    async def _take(self, name: str, at_once: int) -> None:
        """Take jobs until cancelled."""
        pace = self._queue.pace
        await self._queue.app.run_worker_async(
            queues=[name],
            name=name,
            concurrency=at_once,
            fetch_job_polling_interval=pace.poll,
            shutdown_graceful_timeout=LAST_READ_S,
            install_signal_handlers=False,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.stalled,
        )
