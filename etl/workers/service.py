"""`ci-health run` on a shared state: a worker beside others, in place of a scheduler of its own."""

import asyncio
from typing import Final

import structlog

from etl.pipeline.assembly import Pipeline
from etl.service import LAST_READ_S, Service
from etl.workers.queue import SYNC, Queue
from etl.workers.tasks import UPKEEP, Tasks
from etl.workers.told import tell_plainly

log = structlog.get_logger(__name__)

_SYNCS_AT_ONCE: Final = 8
_UPKEEP_AT_ONCE: Final = 3
_AGAIN_S: Final = 5.0


class WorkerService(Service):
    """Takes repositories from the queue, and delivers from the outbox that all workers share."""

    def __init__(self, pipeline: Pipeline, queue: Queue) -> None:
        super().__init__(pipeline)
        self._queue = queue
        self._working: list[asyncio.Task[None]] = []
        self._ending = False
        Tasks(queue, pipeline, self.delivery, self._telemetry.synced).register()
        tell_plainly(SYNC, UPKEEP)

    def _begin_syncs(self) -> None:
        # Whatever the syncs do, somebody looks after the queue.
        self._working = [
            asyncio.create_task(self._work(SYNC, _SYNCS_AT_ONCE)),
            asyncio.create_task(self._work(UPKEEP, _UPKEEP_AT_ONCE)),
        ]

    async def _end_syncs(self) -> None:
        """Hand back what is under way: others go on where it stands."""
        self._ending = True
        for task in self._working:
            task.cancel()
        await asyncio.gather(*self._working, return_exceptions=True)

    async def _work(self, name: str, at_once: int) -> None:
        """Take jobs until cancelled; where PostgreSQL is away, when it is back."""
        pace = self._queue.pace
        while not self._ending:
            try:
                if name == SYNC:
                    await self._queue.ask(await self._pipeline.watched.names())
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
            except Exception as error:  # noqa: BLE001
                log.debug("the queue ended", reason=str(error))
            # What fails while it is cancelled hides the cancellation.
            if not self._ending:
                log.warning("the queue cannot be reached: trying again", queue=name)
                await asyncio.sleep(_AGAIN_S)
