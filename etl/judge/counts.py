"""Where a sequence of failures and passes most likely changes its rate."""

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate
from math import log, sqrt

from etl.judge.scan import Peak


@lru_cache(maxsize=8_192)
def _of(number: int) -> float:
    return number * log(number) if number else 0.0


class Counts:
    """Failures (1) and passes (0), of which any part can be scanned in one pass.

    The statistic is the signed root of the likelihood ratio: unlike a difference of means it is close to a
    standard normal also where failures are rare.
    """

    def __init__(self, failed: Sequence[int]) -> None:
        self._failed = failed
        self._sums = [0, *accumulate(failed)]

    def peak(self, start: int, stop: int, min_side: int) -> Peak:
        """The most likely change within a part; z is positive where failures are rarer after it."""
        failures, length = self._sums[stop] - self._sums[start], stop - start
        if length < 2 * min_side or failures in (0, length):
            return Peak(start, 0.0)
        ratio, at = max(
            (self._ratio(start, at, stop), at)
            for at in range(start + min_side, stop - min_side + 1)
            if self._failed[at - 1] != self._failed[at] or at in (start + min_side, stop - min_side)
        )
        whole = _of(failures) + _of(length - failures) - _of(length)
        fewer = (self._sums[at] - self._sums[start]) * (stop - at) > (self._sums[stop] - self._sums[at]) * (
            at - start
        )
        root = sqrt(max(2 * (ratio - whole), 0.0))
        return Peak(at, root if fewer else -root)

    def _ratio(self, start: int, at: int, stop: int) -> float:
        """The logarithm of the likelihood of two rates."""
        before, after = self._sums[at] - self._sums[start], self._sums[stop] - self._sums[at]
        first, second = at - start, stop - at
        return (
            _of(before) + _of(first - before) - _of(first)
            + _of(after) + _of(second - after) - _of(second)
        )  # fmt: skip
