"""Removes differences that do not come from the code: weekends, and which runner a run got."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby
from math import sqrt
from statistics import median
from typing import Final

from etl.judge.history import Run
from etl.judge.limits import DAY_S
from etl.judge.segments import rest_of

_THURSDAY: Final = 3  # the first day of 1970
_SATURDAY: Final = 5
# One weekend may lie at a change: the middle of three is not moved by it.
_LEAST_BLOCKS: Final = 3
_LEAST_GROUP: Final = 5
# Three standard errors of a median of weekends, in median deviations of single results.
_BEYOND_NOISE: Final = 6.7


def is_weekend(time: int) -> bool:
    """Whether it is Saturday or Sunday, in UTC."""
    return (time // DAY_S + _THURSDAY) % 7 >= _SATURDAY


def without_weekends(values: Sequence[float], runs: Sequence[Run]) -> Sequence[float]:
    """The values, those of weekends as if it were a weekday.

    Each weekend is held against the weekdays next to it, so that a change in between does not count; what
    is not seen on nearly every weekend, or is no more than noise, stays.
    """
    blocks = [
        (weekend, [position for position, _ in block])
        for weekend, block in groupby(enumerate(runs), key=lambda one: is_weekend(one[1].time))
    ]
    middles = [median(values[position] for position in block) for _, block in blocks]
    apart = [
        middle - (before + after) / 2
        for (weekend, _), before, middle, after in zip(
            blocks[1:], middles, middles[1:], middles[2:], strict=False
        )
        if weekend
    ]
    typical = median(apart) if len(apart) >= _LEAST_BLOCKS else 0.0
    noise = median(
        abs(values[position] - middle)
        for (_, block), middle in zip(blocks, middles, strict=True)
        for position in block
    )
    weekends = sum(is_weekend(run.time) for run in runs)
    if abs(typical) * sqrt(weekends) <= _BEYOND_NOISE * noise or (
        sum(one * typical > 0 for one in apart) < len(apart) - len(apart) // 4
    ):
        return values
    return [
        value - typical if is_weekend(run.time) else value for value, run in zip(values, runs, strict=True)
    ]


def without_groups(values: Sequence[float], groups: Sequence[str], cuts: Sequence[int]) -> Sequence[float]:
    """The values, those of each runner as if all ran on one: less what it usually adds within a level."""
    if len(set(groups)) <= 1:
        return values
    rests = defaultdict(list)
    for rest, group in zip(rest_of(values, cuts), groups, strict=True):
        rests[group].append(rest)
    usual = {group: median(rest) for group, rest in rests.items() if len(rest) >= _LEAST_GROUP}
    return [value - usual.get(group, 0.0) for value, group in zip(values, groups, strict=True)]
