"""Limits the memory of test results until their run is committed, for each run and for all together.

Archives may expand a thousandfold, and many runs are read at once. Nearly all need little memory; a run that
needs more waits until no other large run is being read.
"""

from asyncio import Lock
from contextlib import AsyncExitStack
from typing import BinaryIO, Final

from etl.extract.archive import ArchiveLimits, read_artifact
from etl.extract.junit import Limits
from etl.model.results import Content

_LITTLE: Final = 8 << 20


class RunMemory(AsyncExitStack):
    """The memory of one run's results, at most `largest` bytes; the context lasts until they are committed.

    `alone` is the lock that all large runs of the process share.
    """

    def __init__(self, alone: Lock, largest: int) -> None:
        super().__init__()
        self._alone, self._largest = alone, largest
        self._is_alone = False
        self._held = 0

    async def acquire_exclusive(self) -> None:
        """Wait until no other large run is being read."""
        await self.enter_async_context(self._alone)
        self._is_alone = True

    def read(self, file: BinaryIO, name: str) -> Content | None:
        """The content of an artifact; None if `acquire_exclusive` is needed first. Blocks."""
        most = self._largest if self._is_alone else min(_LITTLE, self._largest)
        limits = ArchiveLimits(report=Limits(held=most, short=self._largest // 2))
        content = read_artifact(file, name, limits, held=self._held)
        if max(content.held, content.needed) > most and not self._is_alone:
            return None
        self._held = content.held
        return content
