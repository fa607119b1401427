"""Turns of what takes many requests, so that what is begun ends before the rate limit is used up."""

from asyncio import Event
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

# More than nearly any run takes: a request for its jobs, two for each failed job, one for each report.
REQUESTS_OF_A_RUN: Final = 50


class Turns:
    """Lets as many be read at once as the requests left carry to their end, but always one.

    `spare` tells how many requests are left, None for any number. Who was cut short would begin anew with the
    next sync: with few requests left, many at once would use all of them, and none would end.
    """

    def __init__(self, spare: Callable[[], int | None]) -> None:
        self._spare = spare
        self._reading = 0
        self._ended = Event()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn; it lasts until the context ends."""
        while not self._is_free():
            await self._ended.wait()
        self._reading += 1
        try:
            yield
        finally:
            self._reading -= 1
            self._ended.set()
            self._ended = Event()

    def _is_free(self) -> bool:
        spare = self._spare()
        return spare is None or self._reading < max(1, spare // REQUESTS_OF_A_RUN)
