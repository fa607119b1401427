"""Points: measurement, tags, fields and time, one by one or by column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple, Self

from etl.model.series import Series, TagValue, series_of

FieldValue = int | float | str

NANOSECONDS: Final = 1_000_000_000


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
        return tuple.__new__(cls, (series_of(measurement, tags), fields, time))

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
