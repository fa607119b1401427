"""What each worker does beside its syncs: queueing those that are due, and taking over from workers that are gone.

It goes by the monotonic clock and by GitHub's time: a machine's clock that is set neither stalls it nor
makes it hurry. Every worker does it, and what several do at once counts once.
"""

import asyncio
from collections.abc import Awaitable, Callable
from math import inf
from typing import Final

import structlog
from procrastinate.exceptions import ConnectorException

from etl.errors import CiHealthError
from etl.pipeline.context import Pipeline
from etl.pipeline.schedule import webhooks_arriving
from etl.workers.queue import Queue

log = structlog.get_logger(__name__)

_FORGET_S: Final = 3_600.0


class Upkeep:
    """The upkeep of one worker."""

    def __init__(self, queue: Queue, pipeline: Pipeline) -> None:
        self._queue = queue
        self._pipeline = pipeline

    async def run(self) -> None:
        """Go on until cancelled."""
        pace = self._queue.pace
        async with asyncio.TaskGroup() as group:
            for seconds, work in (
                (pace.tick, self.due),
                (pace.rescue, self._queue.rescue),
                (_FORGET_S, self._queue.forget_old),
            ):
                group.create_task(_repeat(seconds, work))

    async def due(self) -> None:
        """Queue every repository that is due, where no worker has done so in this interval."""
        state, interval = self._pipeline.state, self._pipeline.settings.interval.total_seconds()
        if await state.call(state.metadata.begin_interval, int(interval), int(self._pipeline.clock())):
            names = await self._pipeline.repositories.names()
            await self._queue.ask([name for name in names if await self._is_due(name)])

    async def _is_due(self, repository: str) -> bool:
        sweep = self._pipeline.settings.http.webhooks.sweep.total_seconds()
        return (
            not await are_webhooks_arriving(self._pipeline, repository)
            or await swept_ago(self._pipeline, repository) >= sweep
        )


async def are_webhooks_arriving(pipeline: Pipeline, repository: str) -> bool:
    """Whether the repository's webhooks arrive: then it is synced only at every sweep, over all windows."""
    last = await pipeline.last_webhook_at(repository)
    sweep = pipeline.settings.http.webhooks.sweep.total_seconds()
    return webhooks_arriving(None if last is None else pipeline.clock() - last, sweep)


async def swept_ago(pipeline: Pipeline, repository: str) -> float:
    """How many seconds ago every window was scanned."""
    state = pipeline.state
    known = await state.call(state.repositories.get, repository)
    swept_at = known.swept_at if known else None
    ago = inf if swept_at is None else pipeline.clock() - swept_at
    # A sweep in the future was recorded with a clock that was ahead: it does not count.
    return ago if ago >= 0 else inf


async def _repeat(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    """Work again and again; the same trouble is logged once."""
    told = None
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
            told = None
        except (CiHealthError, ConnectorException) as error:
            reason = " ".join(str(error.__cause__ or error).split())
            if reason != told:
                log.warning("upkeep of the queue failed: trying again", reason=reason)
            told = reason
