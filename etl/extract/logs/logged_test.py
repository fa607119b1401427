"""A failing test as a log tells it."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

# Of a message: lines and characters.
_MAX_LINES, _MAX_MESSAGE = 12, 2_000


class LoggedTest(NamedTuple):
    """A failing test: `suite` is what the runner groups by (a class, a package, a file), empty where it tells none.

    `path` and `line` are where it stands or failed, empty and None where the log does not tell. Its part
    of the log are the lines `first` to `last`, places in the text that was read.
    """

    suite: str
    name: str
    message: str = ""
    path: str = ""
    line: int | None = None
    first: int = 0
    last: int = 0

    @property
    def full_name(self) -> str:
        """Suite and name as one."""
        return f"{self.suite}.{self.name}" if self.suite else self.name


def message_of(lines: Iterable[str]) -> str:
    """The first lines that say something, without what they are all indented by."""
    kept: list[str] = []
    for line in lines:
        if line.strip() or kept:
            kept.append(line.rstrip())
        if len(kept) == _MAX_LINES:
            break
    indent = min((len(line) - len(line.lstrip()) for line in kept if line), default=0)
    return "\n".join(line[indent:] for line in kept).strip()[:_MAX_MESSAGE]


def end_of(lines: Sequence[str], start: int, stop: re.Pattern[str], most: int = 200) -> int:
    """The place of the first line after `start` that `stop` matches; within `most` lines."""
    limit = min(len(lines), start + 1 + most)
    return next((place for place in range(start + 1, limit) if stop.match(lines[place])), limit)


def number(text: str | None) -> int | None:
    """A line's number, None where it is not told."""
    return int(text) if text and len(text) < 8 else None  # noqa: PLR2004 (a file of ten million lines)
