"""Points → lines, without those that line protocol cannot represent: one of them must not cost the others. Pure."""

from collections.abc import Callable, Iterable

from etl.errors import DataError
from etl.load.line_encoder import encode, encode_columns
from etl.model.points import Columns, Point

# Takes each point that cannot be encoded, with the reason.
Refuse = Callable[[Point, DataError], None]


def encodable(points: Iterable[Point], refuse: Refuse) -> list[bytes]:
    """A line for each point; those that cannot be encoded go to `refuse`."""
    lines = []
    for point in points:
        try:
            lines.append(encode(point))
        except DataError as error:
            refuse(point, error)
    return lines


def encodable_columns(columns: Columns, refuse: Refuse) -> list[bytes]:
    """The same for columns."""
    try:
        return encode_columns(columns)
    except DataError:
        return encodable(columns.points(), refuse)
