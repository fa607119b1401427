"""Segments a sequence where its level changes: finds candidates, from the whole to its parts, then prunes them."""

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from operator import mul
from statistics import median
from typing import Final, Protocol

from etl.judge.scan import Peak, chance

# A first look at all places, of which few are told in the end.
CANDIDATE: Final = 1e-2
# Most of the allowance for chance is for the whole: one change that lasts is what there mostly is.
_WHOLE: Final = 0.75
_LEAST_PEAK: Final = 3.0


class Scan(Protocol):
    """A sequence of which any part can be scanned for a change."""

    def peak(self, start: int, stop: int, min_side: int) -> Peak:
        """The most striking place within a part."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place where the level may change: the difference there, in what part, and of how many looks."""

    at: int
    z: float
    length: int
    looks: float

    def chance(self, min_side: int, clumping: float) -> float:
        """How likely chance alone gives it."""
        return min(1.0, self.looks * chance(self.z / clumping**0.5, self.length, min_side))


def candidates(scores: Scan, length: int, min_side: int) -> list[Candidate]:
    """Places where the level may change, in order: the most striking first splits the whole, then its parts."""
    found: list[Candidate] = []
    parts = [(0, length)]
    while parts:
        start, stop = parts.pop()
        best = _most_striking(scores, start, stop, min_side)
        if best is not None:
            found.append(best)
            parts += [(start, best.at), (best.at, stop)]
    return sorted(found, key=lambda one: one.at)


def _most_striking(scores: Scan, start: int, stop: int, min_side: int) -> Candidate | None:
    looks = (
        Candidate(peak.at, peak.z, end - begin, weight)
        for begin, end, weight in _intervals(start, stop, min_side)
        if abs((peak := scores.peak(begin, end, min_side)).z) > _LEAST_PEAK
    )
    rated = [(one.chance(min_side, 1.0), -abs(one.z), one.at, one) for one in looks]
    least = min(rated, default=None)
    return least[-1] if least is not None and least[0] <= CANDIDATE else None


def _intervals(start: int, stop: int, min_side: int) -> Iterator[tuple[int, int, float]]:
    """The whole, then ever shorter parts that overlap by half, so that what comes and goes is seen too.

    With each how much dearer its chance is for there being others (after Kovács et al., "Seeded binary
    segmentation", 2023).
    """
    length = stop - start
    yield start, stop, 1 / _WHOLE
    parts, share = 2, (1 - _WHOLE) / 2
    while length // parts >= 4 * min_side:
        size, number = length // parts, 2 * parts - 1
        for place in range(number):
            begin = start + place * size // 2
            yield begin, begin + size, number / share
        parts, share = parts * 2, share / 2


def clumping(rest: Sequence[float]) -> float:
    """By how much neighbours that resemble each other widen the variance of sums; 1 where they do not.

    The long-run variance (Newey and West, 1987) of what is left after the level of each part is taken off,
    less the standard error that it has where there is no such resemblance.
    """
    length = len(rest)
    total = sum(one * one for one in rest)
    reach = round(1.5 * length ** (1 / 3))
    widened = 1.0
    for lag in range(1, min(reach, length - 1) + 1):
        together = sum(map(mul, rest, rest[lag:]))
        widened += 2 * (1 - lag / (reach + 1)) * together / total if total else 0.0
    return max(widened - sqrt(4 / 3 * reach / length), 1.0)


def rest_of(
    values: Sequence[float], cuts: Sequence[int], middle: Callable[[Sequence[float]], float] = median
) -> list[float]:
    """What is left of each value without the middle of its part."""
    return [value - level for value, level in zip(values, levels(values, cuts, middle), strict=True)]


def levels(
    values: Sequence[float], cuts: Sequence[int], middle: Callable[[Sequence[float]], float] = median
) -> list[float]:
    """For each value the middle of its part."""
    edges = [0, *cuts, len(values)]
    found: list[float] = []
    for start, stop in itertools.pairwise(edges):
        found += [middle(values[start:stop])] * (stop - start)
    return found


def holding(
    found: Sequence[Candidate], length: int, holds: Callable[[int, Candidate, int], float]
) -> list[Candidate]:
    """The candidates that hold: the least convincing one is removed until all others hold.

    `holds(start, candidate, stop)` rates it between its neighbours: above CANDIDATE it does not hold.
    """
    kept = list(found)
    while kept:
        edges = [0, *(one.at for one in kept), length]
        rated = [holds(edges[i], one, edges[i + 2]) for i, one in enumerate(kept)]
        worst = max(range(len(kept)), key=rated.__getitem__)
        if rated[worst] <= CANDIDATE:
            break
        del kept[worst]
    return kept


def sharpened(values: Sequence[float], start: int, at: int, stop: int, min_side: int) -> int:
    """The place between `start` and `stop` where two levels fit best, outliers cut to what is usual."""
    before, after = median(values[start:at]), median(values[at:stop])
    rest = [abs(v - before) for v in values[start:at]] + [abs(v - after) for v in values[at:stop]]
    usual = 2.5 * 1.4826 * median(rest)
    low, high = min(before, after) - usual, max(before, after) + usual
    cut = [min(max(value, low), high) for value in values[start:stop]]
    return start + _best_split(cut, min_side, at - start)


def _best_split(values: Sequence[float], min_side: int, otherwise: int) -> int:
    length, total = len(values), sum(values)
    mean = total / length
    best, place, before = 0.0, otherwise, 0.0
    for k, value in enumerate(values[: length - min_side], 1):
        before += value - mean
        if k >= min_side and before * before * length / (k * (length - k)) > best:
            best, place = before * before * length / (k * (length - k)), k
    return place
