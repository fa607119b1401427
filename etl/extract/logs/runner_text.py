"""What the readers of runners share: messages, ends of parts, numbers."""

import re
from collections.abc import Iterable, Sequence

# Of a message: lines and characters.
_MAX_LINES, _MAX_MESSAGE = 12, 2_000


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
