"""Locks for commands that run beside workers: a command locks a repository with a job, as a worker does.

A command does the work itself rather than queueing it, because it reports the result for each repository.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Final
from uuid import uuid4

import structlog

from etl.workers.queue import HOLD, Queue
from etl.workers.reconnect import explained, give_up, run_forever

log = structlog.get_logger(__name__)

# The lock's job is next in the queue, but is withdrawn after a while and queued again:
# a job that no process serves would keep all others waiting.
_PRIORITY: Final = 10
_CONCURRENCY: Final = 100
_LAST_RETURN_S: Final = 1.0


class RepositoryLocks:
    """The repositories that this process has locked, with jobs in its own queue."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._name = f"command-{uuid4().hex}"
        self._taken: dict[str, asyncio.Event] = {}
        self._released: dict[str, asyncio.Event] = {}
        self._serving: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def hold(self, repository: str) -> AsyncIterator[None]:
        """Wait until no worker or other command is working on the repository, and lock it.

        Raises RetriableError if the queue cannot be reached.
        """
        if self._serving is None:
            self._queue.app.task(name=HOLD)(self._keep)
            self._serving = asyncio.create_task(run_forever(self._name, self._serve))
        token = uuid4().hex
        taken = self._taken[token] = asyncio.Event()
        released = self._released[token] = asyncio.Event()
        try:
            with explained(self._queue.where):
                await self._take(repository, token, taken)
            yield
        finally:
            released.set()
            del self._taken[token], self._released[token]

    async def close(self) -> None:
        """Release all locks."""
        if self._serving is not None:
            await give_up({self._serving}, _LAST_RETURN_S)

    async def _take(self, repository: str, token: str, taken: asyncio.Event) -> None:
        logged = False
        while not taken.is_set():
            job = self._queue.app.configure_task(HOLD, queue=self._name, lock=repository, priority=_PRIORITY)
            number = await job.defer_async(token=token)
            try:
                await self._wait(taken)
            finally:
                # False if it has just been started: then this process has the lock.
                if not taken.is_set() and not await self._queue.app.job_manager.cancel_job_by_id_async(
                    number, delete_job=True
                ):
                    await self._wait(taken)
            if not taken.is_set() and not logged:
                log.info("a worker has the repository: waiting for it", repository=repository)
                logged = True

    async def _wait(self, taken: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(self._queue.pace.stalled / 3):
                await taken.wait()

    async def _keep(self, token: str) -> None:
        """The task: runs for as long as the repository is locked."""
        taken, released = self._taken.get(token), self._released.get(token)
        if taken is None or released is None:
            return
        taken.set()
        await released.wait()

    async def _serve(self) -> None:
        pace = self._queue.pace
        await self._queue.app.run_worker_async(
            queues=[self._name],
            name=self._name,
            concurrency=_CONCURRENCY,
            fetch_job_polling_interval=pace.poll,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=pace.heartbeat,
            stalled_worker_timeout=pace.stalled,
        )
