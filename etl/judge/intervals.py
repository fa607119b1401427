"""Intervals of rates and of shifts, by the standard library alone."""

from collections.abc import Sequence
from math import exp, lgamma, log, log1p, sqrt
from typing import Final

Z_95: Final = 1.959963984540054
_TINY: Final = 1e-300
_STEPS: Final = 60
_MOST_VALUES: Final = 150


def rate_interval(failures: float, total: float) -> tuple[float, float]:
    """The exact 95 % interval of a rate (Clopper and Pearson, 1934): it covers at least that often.

    Fractions are allowed: results that may belong to a break count in part.
    """
    if total <= 0:
        return 0.0, 1.0
    passes = max(total - failures, 0.0)
    low = beta_quantile(0.025, failures, passes + 1) if failures > 0 else 0.0
    high = beta_quantile(0.975, failures + 1, passes) if passes > 0 else 1.0
    return low, high


def difference_interval(before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """The 95 % interval of a difference of two rates, each (successes, total), by Newcombe's method (1998)."""
    first, second = before[0] / before[1], after[0] / after[1]
    (first_low, first_high), (second_low, second_high) = wilson_interval(*before), wilson_interval(*after)
    size = second - first
    return (
        size - sqrt((second - second_low) ** 2 + (first_high - first) ** 2),
        size + sqrt((second_high - second) ** 2 + (first - first_low) ** 2),
    )


def wilson_interval(successes: float, total: int) -> tuple[float, float]:
    """The 95 % interval of a rate by Wilson's score (1927); `total` is not 0."""
    rate, share = successes / total, Z_95 * Z_95 / total
    middle = rate + share / 2
    width = Z_95 * sqrt(rate * (1 - rate) / total + share / (4 * total))
    return (middle - width) / (1 + share), (middle + width) / (1 + share)


def shift(before: Sequence[float], after: Sequence[float], clumping: float) -> tuple[float, float, float]:
    """How far the second sample lies above the first: size and 95 % interval (Hodges and Lehmann, 1963).

    `clumping`: by how much results that resemble their neighbours widen the variance. Of long samples the
    values next to the change are taken, `before`'s last and `after`'s first.
    """
    first, second = before[-_MOST_VALUES:], after[:_MOST_VALUES]
    differences = sorted(b - a for a in first for b in second)
    pairs = len(differences)
    spread = Z_95 * sqrt(clumping * pairs * (len(first) + len(second) + 1) / 12)
    low = max(int(pairs / 2 - spread), 0)
    return differences[pairs // 2], differences[low], differences[pairs - 1 - low]


def beta_quantile(share: float, a: float, b: float) -> float:
    """Below which value a beta distribution has this share."""
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if beta_share(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def beta_share(x: float, a: float, b: float) -> float:
    """The share of a beta distribution below x: the regularized incomplete beta function."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    upper, lower = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    value = lower
    for step in range(1, 300):
        for term in (
            step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step)),
            -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1)),
        ):
            lower = 1 / _apart(1 + term * lower)
            upper = _apart(1 + term / upper)
            value *= lower * upper
        if abs(lower * upper - 1) < 1e-12:  # noqa: PLR2004
            break
    return value


def _apart(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
