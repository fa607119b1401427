"""What the readers of runners share: messages, ends of parts, numbers."""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from etl.model.logs import LoggedTest

# Of a message: lines and characters.
_MAX_LINES, _MAX_MESSAGE = 12, 2_000
# What a shell says of a command that a signal ended: `x.sh: line 1: 42 Killed    pytest`.
_ENDED = re.compile(
    r"^(?:\S+: )?line \d+: +\d+ (?P<how>[A-Z][a-z]+(?: [a-z]+)*)(?: \(core dumped\))?(?:  .*)?$"
)
_EXIT = re.compile(r"Process completed with exit code \d+\.$")


class Progress(NamedTuple):
    """How the lines look that a runner writes while it runs: an execution opens, tests begin and end, it closes."""

    begun: re.Pattern[str]
    ended: re.Pattern[str]
    opened: re.Pattern[str]
    closed: re.Pattern[str]


def message_of(lines: Iterable[str]) -> str:
    """The first lines that say something, without what they are all indented by.

    Of what the shell says of a command that a signal ended, how it ended; of what GitHub's runner says, nothing.
    """
    kept: list[str] = []
    for line in lines:
        if _EXIT.match(line):
            break
        if line.strip() or kept:
            kept.append(_ENDED.sub(r"\g<how>", line.rstrip()))
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


def left_running(lines: Sequence[str], progress: Progress) -> Iterator[tuple[int, re.Match[str]]]:
    """The test of each execution that ran when its process died: the last that began, if it did not end.

    An execution that closed had no such test, whatever the log lost of it.
    """
    running: tuple[int, re.Match[str]] | None = None
    for place, line in enumerate(lines):
        if progress.opened.match(line):
            yield from () if running is None else (running,)
            running = None
        elif progress.closed.match(line) or progress.ended.match(line):
            running = None
        elif (found := progress.begun.match(line)) is not None:
            running = place, found
    yield from () if running is None else (running,)


def did_not_end(lines: Sequence[str], place: int, suite: str, name: str, rest: str | None = "") -> LoggedTest:
    """The test that began at `place`; `rest` is what stands there behind its name."""
    stop = min(len(lines), place + _MAX_LINES)
    message = message_of([rest or "", *lines[place + 1 : stop]]) or "did not end"
    return LoggedTest(suite, name, message, "", None, place, stop - 1)
