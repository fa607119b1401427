"""What runs under way take of memory until they are committed: bounded for one, and for all together.

Results of tests come in archives that pack a thousandfold, and many runs are read at once. Nearly all of
them hold little. A run that holds more waits until no other such run is under way.
"""

from asyncio import Lock
from contextlib import AsyncExitStack
from typing import BinaryIO, Final

from etl.extract.archive import ArchiveLimits, read_artifact
from etl.extract.junit import Limits
from etl.model.results import Content

_LITTLE: Final = 8 << 20


class RunMemory(AsyncExitStack):
    """The results of one run, at most `largest` bytes; entered as reading begins, left once they are committed.

    `alone` is the lock of all runs of the process that hold much.
    """

    def __init__(self, alone: Lock, largest: int) -> None:
        super().__init__()
        self._alone, self._largest = alone, largest
        self._is_alone = False
        self._held = 0

    async def acquire_exclusive(self) -> None:
        """Wait until no other run holds much."""
        await self.enter_async_context(self._alone)
        self._is_alone = True

    def read(self, file: BinaryIO, name: str) -> Content | None:
        """What an artifact holds; None where this run has to be alone for it. Blocks."""
        most = self._largest if self._is_alone else min(_LITTLE, self._largest)
        limits = ArchiveLimits(report=Limits(held=most, short=self._largest // 2))
        content = read_artifact(file, name, limits, held=self._held)
        if max(content.held, content.needed) > most and not self._is_alone:
            return None
        self._held = content.held
        return content
