"""Points: measurement, tags, fields and time, one by one or by column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, Self

from etl.memo import Memo

TagValue = str

FieldValue = int | float | str

NANOSECONDS: Final = 1_000_000_000

# One tuple for all series that have the same tags.
_names: Final[Memo[tuple[str, ...], tuple[str, ...]]] = Memo(lambda names: names, most=4_096)


class Series:
    """Measurement and tags. Points of a series share it, since writing it down is most of the work for a point.

    `written` is kept by the encoder: the series as line protocol has it.
    """

    __slots__ = ("_names", "_values", "measurement", "written")

    def __init__(self, measurement: str, tags: Mapping[str, TagValue]) -> None:
        self.measurement = measurement
        # A third of the memory of a dict of eight tags: there are many.
        self._names, self._values = _names[(*tags,)], (*tags.values(),)
        self.written: str | None = None

    @property
    def tags(self) -> dict[str, TagValue]:
        """The tags by name."""
        return dict(zip(self._names, self._values, strict=True))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Series):
            return NotImplemented
        return self is other or (self.measurement, self.tags) == (other.measurement, other.tags)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Series({self.measurement!r}, {self.tags!r})"


# By measurement, names and values of tags: the points of a job or a step come again and again.
_SERIES_KEPT: Final = 32_768

# Characters of tags, such as a job's in a matrix.
MAX_SERIES: Final = 2_048

_series: Final[Memo[tuple[str, tuple[str, ...], tuple[TagValue, ...]], Series]] = Memo(
    lambda key: Series(key[0], dict(zip(key[1], key[2], strict=True))),
    most=_SERIES_KEPT,
    length=lambda key: sum(map(len, key[2])),
    longest=MAX_SERIES,
    typical=256,
)


class _Point(NamedTuple):
    series: Series
    fields: dict[str, FieldValue]
    time: int


class Point(_Point):
    """One point, a tuple since there are many. `time` is Unix nanoseconds; absent fields are not in `fields`."""

    __slots__ = ()

    def __new__(
        cls, measurement: str, tags: Mapping[str, TagValue], fields: dict[str, FieldValue], time: int
    ) -> Self:
        """A point of a measurement with these tags."""
        return tuple.__new__(cls, (_series[measurement, (*tags,), (*tags.values(),)], fields, time))

    @property
    def measurement(self) -> str:
        """What it is a point of."""
        return self.series.measurement

    @property
    def tags(self) -> dict[str, TagValue]:
        """The tags by name."""
        return self.series.tags


# A point of a known series, fields and time: the quick way to many.
point_of: Final[Callable[[tuple[Series, dict[str, FieldValue], int]], Point]] = partial(tuple.__new__, Point)


@dataclass(frozen=True, slots=True)
class Columns:
    """Points that have the same fields, by column: results of tests are too many for an object each."""

    series: Sequence[Series]
    fields: Mapping[str, Sequence[FieldValue]]
    times: Sequence[int]

    def points(self) -> Iterator[Point]:
        """The same points, one by one."""
        for series, time, *values in zip(self.series, self.times, *self.fields.values(), strict=True):
            yield point_of((series, dict(zip(self.fields, values, strict=True)), time))
