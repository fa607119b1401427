"""Makes pages ahead: after each sync, so that whoever asks gets them at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final

import structlog

from etl.errors import CiHealthError
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery

log = structlog.get_logger(__name__)

_POLL_S: Final = 0.2
_MAX_WAIT_S: Final = 60.0
# Rest after making the pages, in proportion to how long that took: syncs and other questions go on.
_REST: Final = 3.0


class Ahead:
    """Calls each of `makes`, one after the other, once syncs have ended and the store has their points."""

    def __init__(
        self, pipeline: Pipeline, delivery: Delivery, makes: Sequence[Callable[[], Awaitable[None]]]
    ) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._makes = makes

    async def run(self) -> None:
        """Make them at once, after each sync, and at least every `http.refresh`, until cancelled."""
        refresh_s = self._pipeline.settings.http.refresh.total_seconds()
        synced = self._pipeline.synced
        while True:
            synced.clear()
            await self._delivered()
            began = time.monotonic()
            for make in self._makes:
                await make()
            took = time.monotonic() - began
            log.debug("pages made", seconds=round(took, 3))
            await asyncio.sleep(_REST * took)
            with suppress(TimeoutError):
                async with asyncio.timeout(refresh_s):
                    await synced.wait()

    async def _delivered(self) -> None:
        """Wait, a while, until the store has the points that were in the outbox."""
        state, delivery = self._pipeline.state, self._delivery
        with suppress(CiHealthError, TimeoutError):
            async with asyncio.timeout(_MAX_WAIT_S):
                while (await state.call(state.outbox.backlog)).points:
                    if delivery.trouble is not None:
                        return
                    await asyncio.sleep(_POLL_S)
