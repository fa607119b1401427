"""Where a sequence of numbers most likely changes its level, and how likely chance alone does that.

The statistic is the largest standardized difference of mean ranks before and after each position. Ranks
make outliers harmless. The chance of so large a maximum is that of a Gaussian bridge, corrected for its
being seen at whole positions only (James, James and Siegmund, "Tests for a change-point", 1987).
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, groupby
from math import erf, erfc, exp, log, pi, sqrt
from typing import Final, NamedTuple

_NODES: Final = 24


class Peak(NamedTuple):
    """The position that most likely begins another level, and the standardized difference there."""

    at: int
    z: float


def ranks(values: Sequence[float]) -> list[float]:
    """The place of each value by size, equal ones at their mean place, less the mean of all places."""
    order = sorted(range(len(values)), key=values.__getitem__)
    middle = (len(values) - 1) / 2
    placed = [0.0] * len(values)
    begin = 0
    for _, tied in groupby(order, key=values.__getitem__):
        places = list(tied)
        place = begin + (len(places) - 1) / 2 - middle
        for position in places:
            placed[position] = place
        begin += len(places)
    return placed


@lru_cache(maxsize=512)
def _weights(length: int, min_side: int) -> tuple[float, ...]:
    """What makes sums of min_side to length - min_side scores as wide as a standard normal, but for their scale."""
    return tuple(sqrt(length / (k * (length - k))) for k in range(min_side, length - min_side + 1))


class Scores:
    """Ranks of a whole sequence, of which any part can be scanned in one pass."""

    def __init__(self, values: Sequence[float]) -> None:
        placed = ranks(values)
        self._sums = [0.0, *accumulate(placed)]
        self._squares = [0.0, *accumulate(score * score for score in placed)]

    def peak(self, start: int, stop: int, min_side: int) -> Peak:
        """The largest standardized difference within a part; z is 0 where all values are equal."""
        length = stop - start
        if length < 2 * min_side:
            return Peak(start, 0.0)
        first, last = self._sums[start], self._sums[stop]
        mean = (last - first) / length
        spread = self._squares[stop] - self._squares[start] - length * mean * mean
        if spread <= length * 1e-9:
            return Peak(start, 0.0)
        begin = start + min_side
        weighted = [
            (total - first - k * mean) * weight
            for k, (total, weight) in enumerate(
                zip(self._sums[begin : stop - min_side + 1], _weights(length, min_side), strict=True),
                min_side,
            )
        ]
        low, high = min(weighted), max(weighted)
        extreme = low if -low > high else high
        return Peak(begin + weighted.index(extreme), -extreme / sqrt(spread / (length - 1)))


def chance(z: float, length: int, min_side: int) -> float:
    """How likely chance alone gives a peak of at least |z|, in either direction."""
    bound = abs(z)
    if length < 2 * min_side or bound < 1:
        return 1.0
    tail = erfc(bound / sqrt(2))
    end = log((length - min_side + 0.5) / (min_side - 0.5))
    step = 2 * end / _NODES
    total = sum(_rarer(bound, length, -end + (node + 0.5) * step) for node in range(_NODES))
    return min(1.0, bound * _density(bound) * total * step + tail)


def _rarer(bound: float, length: int, odds: float) -> float:
    """How much rarer a crossing is for being looked for at whole positions, at these log odds of the place."""
    place = 1 / (1 + exp(-odds))
    step = bound / sqrt(length * place * (1 - place))
    half = step / 2
    below = (1 + erf(half / sqrt(2))) / 2
    return (2 / step) * (below - 0.5) / (half * below + _density(half))


def _density(z: float) -> float:
    return exp(-z * z / 2) / sqrt(2 * pi)
