"""Series: measurement and tags, made once for all points that share them."""

from collections.abc import Mapping
from typing import Final

from etl.memo import Memo

TagValue = str

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


def series_of(measurement: str, tags: Mapping[str, TagValue]) -> Series:
    """The series of a measurement and tags: the same object each time, while it is kept."""
    return _series[measurement, (*tags,), (*tags.values(),)]
