"""A log of any size → a bounded part of it: its beginning, its end, and in between what looks like a failure.

What is known of the failed step's time decides which end: what later steps wrote is left out, but for
the last lines, where the runner says how the job ended.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from etl.extract.logs.lines import MAX_RAW_LINE, read_lines
from etl.model.logs import Line

# Bytes of a block, and of all blocks of the beginning, of the end, and of both kinds of finds in between.
_BLOCK, _HEAD, _TAIL, _FOUND = 16_384, 262_144, 2_097_152, 786_432
_MAX_TAIL_LINES = 40_000
# Bytes kept around a find, and at most so many finds of a block: a block is no more than that.
_BEFORE, _AFTER, _MAX_FINDS = 512, 1_536, 16

# Names of failing tests stand in these lines, and the runner's own errors; the others are weaker, with an
# allowance of their own, so that a log full of them hides no test.
_TESTS = (
    b"FAIL", b"##[error]", b"not ok ", b"panicked at", b"(failed)", b"[-]", b"TIMEOUT",
    "✕".encode(), "✗".encode(), "✘".encode(), "✖".encode(), "×".encode(), "●".encode(), "❌".encode(),
)  # fmt: skip
_ERRORS = (b"rror", b"ERROR", b"fatal", b"FATAL", b"Traceback", b"panic:", b"xception", b"Failure")

_FIRST_TIME = re.compile(rb"(?m)^\xef?\xbb?\xbf?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)")


class Block(NamedTuple):
    """Whole lines of a log; `first` is the number of the first."""

    first: int
    content: bytes
    lines: int


class Excerpt:
    """What is kept of a log that is fed to it in chunks; `ended` is the failed step's end in ISO 8601, or empty."""

    def __init__(self, ended: str = "") -> None:
        self.bytes = 0
        self._ended = ended[:19].encode()
        self._after = False
        self._rest = b""
        self._number = 0
        self._head: list[Block] = []
        self._head_bytes = 0
        self._found: list[Block] = []
        self._allowed = {_TESTS: _FOUND, _ERRORS: _FOUND}
        self._tail: deque[Block] = deque()
        self._tail_bytes = self._tail_lines = 0
        self._last: deque[Block] = deque(maxlen=2)

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the log, of any number."""
        self.bytes += len(chunk)
        for start in range(0, len(chunk), _BLOCK):
            self._feed(chunk[start : start + _BLOCK])

    def lines(self) -> Iterator[Line]:
        """What is kept, in order; call it once all is fed."""
        last = [block for block in self._last if self._after]
        rest = Block(self._number, self._rest, 1)
        for block in (*self._head, *self._found, *self._tail, *last, rest):
            yield from read_lines(block.content.removesuffix(b"\n").decode("utf-8", "replace"), block.first)

    @property
    def left_out(self) -> int:
        """Bytes of the log that are not among the lines."""
        kept = sum(len(block.content) for block in (*self._head, *self._found, *self._tail))
        return max(0, self.bytes - kept - len(self._rest))

    def _feed(self, chunk: bytes) -> None:
        end = chunk.rfind(b"\n") + 1
        if end == 0:
            # A line without an end is cut, however long it goes on.
            self._rest = (self._rest + chunk)[:MAX_RAW_LINE]
            return
        content, self._rest = self._rest + chunk[:end], chunk[end:]
        block = Block(self._number, content, content.count(b"\n"))
        self._number += block.lines
        self._add(block)

    def _add(self, block: Block) -> None:
        if self._is_after(block):
            self._last.append(block)
        elif self._head_bytes < _HEAD and self._number <= _MAX_TAIL_LINES:
            self._head.append(block)
            self._head_bytes += len(block.content)
        else:
            self._tail.append(block)
            self._tail_bytes += len(block.content)
            self._tail_lines += block.lines
            while self._tail_bytes > _TAIL or self._tail_lines > _MAX_TAIL_LINES:
                self._retire(self._tail.popleft())

    def _is_after(self, block: Block) -> bool:
        """Whether it was written after the failed step; once one was, all are."""
        if self._ended and not self._after:
            found = _FIRST_TIME.search(block.content)
            self._after = found is not None and found[1] > self._ended
        return self._after

    def _retire(self, block: Block) -> None:
        """Of a block that is too far from the end, what looks like a failure stays."""
        self._tail_bytes -= len(block.content)
        self._tail_lines -= block.lines
        ranges = sorted(part for words in self._allowed for part in self._finds(block.content, words))
        end = 0
        for begin, stop in ranges:
            if stop > end:
                start = max(begin, end)
                number = block.first + block.content.count(b"\n", 0, start)
                content = block.content[start:stop]
                self._found.append(Block(number, content, content.count(b"\n")))
                end = stop

    def _finds(self, content: bytes, words: tuple[bytes, ...]) -> Iterable[tuple[int, int]]:
        """Whole lines around each of the words, as places in the content."""
        if self._allowed[words] <= 0:
            return
        for word in words:
            at = content.find(word)
            for _ in range(_MAX_FINDS):
                if at < 0:
                    break
                start = content.rfind(b"\n", 0, max(0, at - _BEFORE)) + 1
                stop = content.find(b"\n", at + _AFTER) + 1 or len(content)
                self._allowed[words] -= stop - start
                yield start, stop
                at = content.find(word, stop)
