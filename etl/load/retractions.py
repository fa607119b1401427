"""Points that are taken back: a line that begins with `#` and holds the point as it was written; pure.

Line protocol takes such a line for a comment, so that none can become a point by mistake. Retractions and
lines keep their order: what is written after one stays.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

_MARK: Final = b"#"


def retraction(line: bytes) -> bytes:
    """What takes back the point of a line."""
    return _MARK + line


def is_retraction(line: bytes) -> bool:
    """Whether a line takes a point back."""
    return line.startswith(_MARK)


def retracted(line: bytes) -> bytes:
    """The line whose point is taken back."""
    return line.removeprefix(_MARK)


def in_order(lines: Sequence[bytes]) -> Iterator[tuple[bool, Sequence[bytes]]]:
    """Lines in their order, apart by whether they take points back; nearly always none does."""
    if not any(map(is_retraction, lines)):
        yield False, lines
        return
    for takes_back, group in groupby(lines, is_retraction):
        yield takes_back, [*group]
