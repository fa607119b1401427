"""Retractions: a line that begins with `#` and contains the point to delete as it was written; pure.

In line protocol such a line is a comment, so a retraction can never become a point by mistake. Retractions
and lines keep their order: a point written after its retraction stays.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Final

from etl.model.points import Point

_MARK: Final = b"#"


def retraction(line: bytes) -> bytes:
    """The retraction of a line's point."""
    return _MARK + line


def gone(before: Iterable[Point], after: Iterable[Point]) -> list[Point]:
    """The points of an earlier reading that a later one does not have, and does not write over."""
    still = {_place(point) for point in after}
    return [point for point in before if _place(point) not in still]


def is_retraction(line: bytes) -> bool:
    """Whether a line is a retraction."""
    return line.startswith(_MARK)


def retracted(line: bytes) -> bytes:
    """The line whose point is retracted."""
    return line.removeprefix(_MARK)


def in_order(lines: Sequence[bytes]) -> Iterator[tuple[bool, Sequence[bytes]]]:
    """Lines in their order, grouped by whether they are retractions; nearly always none is."""
    if not any(map(is_retraction, lines)):
        yield False, lines
        return
    for takes_back, group in groupby(lines, is_retraction):
        yield takes_back, [*group]


def _place(point: Point) -> tuple[object, ...]:
    return point.measurement, point.time, tuple(point.tags.items())
