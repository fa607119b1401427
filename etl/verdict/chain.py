"""How likely the default branch was broken when a run began: a two-state hidden Markov model of its results.

A good line fails at the flake rate of the job or test, a broken one always; breaks begin and are repaired over
time. The smallest case of the forward-backward algorithm (Rabiner, 1989).
"""

from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple

from etl.verdict.known import Seen
from etl.verdict.tables import DAY_S

_LEAST_GAP_S: Final = 600
# How likely a broken line passes all the same: a re-run that was read as its commit's, a test left out.
_SLIPS: Final = 0.002


class State(NamedTuple):
    """The likelihood of the results, for each state of the line when the run began.

    `breaks`: a break began after the last earlier result; `broken`: it had begun before that. `turned` is
    `breaks` if it were certain to begin. `troubled`: the line is good, but something else may make it fail from
    then on.
    """

    good: float
    breaks: float
    broken: float
    turned: float
    troubled: float


class Pace(NamedTuple):
    """Average days between breaks, and until a break is repaired."""

    between: float
    repair: float


def state(before: Sequence[Seen], after: Sequence[Seen], time: int, rate: float, pace: Pace) -> State:
    """The line's state at a time, from its results before and after; a good line fails at this rate."""
    good, broken = _before(before, rate, pace)
    begins, repaired = _odds(before[-1].time if before else time - DAY_S, time, pace)
    if not before:
        begins = repaired = 0.0
    later_good, later_broken = _after(after, time, rate, pace)
    is_good = good * (1 - begins) + broken * repaired
    return State(
        is_good * later_good,
        good * begins * later_broken,
        broken * (1 - repaired) * later_broken,
        good * later_broken,
        is_good * (later_good + later_broken) / 2,
    )


def _before(results: Sequence[Seen], rate: float, pace: Pace) -> tuple[float, float]:
    """Forward: how likely the results are, with the line good or broken at the last one."""
    broken = pace.repair / (pace.between + pace.repair)
    good = 1 - broken
    last: int | None = None
    for one in results:
        if last is not None:
            begins, repaired = _odds(last, one.time, pace)
            good, broken = good * (1 - begins) + broken * repaired, good * begins + broken * (1 - repaired)
        good *= 1 - rate if one.passed else rate
        broken *= _SLIPS if one.passed else 1 - _SLIPS
        last = one.time
    return good, broken


def _after(results: Sequence[Seen], time: int, rate: float, pace: Pace) -> tuple[float, float]:
    """Backward: how likely the results are, from a line that is good or broken at a time."""
    good = broken = 1.0
    for place in range(len(results) - 1, -1, -1):
        one = results[place]
        good *= 1 - rate if one.passed else rate
        broken *= _SLIPS if one.passed else 1 - _SLIPS
        begins, repaired = _odds(results[place - 1].time if place else time, one.time, pace)
        good, broken = good * (1 - begins) + broken * begins, good * repaired + broken * (1 - repaired)
    return good, broken


def _odds(since: int, until: int, pace: Pace) -> tuple[float, float]:
    """The probabilities that a break begins, and that it is repaired, between two times."""
    days = max(until - since, _LEAST_GAP_S) / DAY_S
    return 1 - exp(-days / pace.between), 1 - exp(-days / pace.repair)
