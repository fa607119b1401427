"""What a benchmark measures, and how it stands to its reference."""

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from statistics import median
from typing import TypeVar

_T = TypeVar("_T")


class Size(Enum):
    """How much is measured: all, or just enough to see that the code works."""

    FULL = "full"
    QUICK = "quick"

    def of(self, full: _T, quick: _T) -> _T:
        """One of two values."""
        return full if self is Size.FULL else quick


@dataclass(frozen=True, slots=True)
class Outcome:
    """Samples of runs in turns, `ours` and `theirs`, in `unit`; the ratio is of ours to theirs.

    `bar` is the most that the ratio may be, or the least where `at_least` (then it is theirs to ours:
    how many times as fast).
    """

    name: str
    what: str
    reference: str
    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    unit: str
    bar: float
    at_least: bool = False
    notes: tuple[str, ...] = ()

    @property
    def ratios(self) -> list[float]:
        """The ratio of each pair of runs, in order of size."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return sorted(theirs / ours if self.at_least else ours / theirs for ours, theirs in pairs)

    @property
    def ratio(self) -> float:
        """The median of the pairs' ratios."""
        return median(self.ratios)

    @property
    def met(self) -> bool:
        """Whether the bar is reached."""
        return self.ratio >= self.bar if self.at_least else self.ratio <= self.bar


def alternating(
    ours: Callable[[], float], theirs: Callable[[], float], times: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Samples of both, taken in turns, so that what slows the machine slows both; one of each goes before."""
    ours()
    theirs()
    pairs = [(ours(), theirs()) for _ in range(times)]
    return tuple(pair[0] for pair in pairs), tuple(pair[1] for pair in pairs)


def processor_s(work: Callable[[], object]) -> float:
    """Seconds of processor that it takes."""
    gc.collect()
    began = time.process_time()
    work()
    return time.process_time() - began
