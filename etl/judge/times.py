"""Finds where durations and waits change their level: by which commit and by how much."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import median
from typing import Final

from etl.judge.finding import Commits, Effect, Finding, Kind, Reason
from etl.judge.history import Measure, Run
from etl.judge.intervals import shift
from etl.judge.limits import ChangeLimits
from etl.judge.scan import Scores, ranks
from etl.judge.segments import Candidate, candidates, clumping, holding, rest_of, sharpened
from etl.judge.usual import without_groups, without_weekends

DURATION: Final = "duration"
QUEUED: Final = "queued"
_KINDS: Final = {
    (DURATION, True): Kind.SLOWER,
    (DURATION, False): Kind.FASTER,
    (QUEUED, True): Kind.WAITS_LONGER,
    (QUEUED, False): Kind.WAITS_LESS,
}


@dataclass(frozen=True, slots=True)
class Change:
    """A change before it is told: how likely chance alone gives it, and what would be told."""

    chance: float
    finding: Finding


@dataclass(frozen=True, slots=True)
class Changes:
    """All changes of a series that stand out, in order; without any, why."""

    changes: tuple[Change, ...] = ()
    reason: Reason | None = None


def changes_of(measure: Measure, limits: ChangeLimits) -> Changes:
    """Where the level of a measure changes."""
    values = measure.values
    if len(values) < max(limits.min_results, 2 * limits.min_side):
        return Changes(reason=Reason.TOO_FEW)
    if min(values) == max(values):
        return Changes(reason=Reason.ALL_EQUAL)
    offset = 0.0 if min(values) > 0 else 1.0 - min(values)
    logs: Sequence[float] = [log(value + offset) for value in values]
    if len(set(measure.groups)) > 1:
        first = candidates(Scores(logs), len(logs), limits.min_side)
        logs = without_groups(logs, measure.groups, [one.at for one in first])
    logs = without_weekends(logs, measure.runs)
    found = candidates(Scores(logs), len(logs), limits.min_side)
    if not found:
        return Changes(reason=Reason.NOT_BEYOND_CHANCE)
    return _Series(measure, logs, offset, limits).judged(found)


class _Series:
    """The logarithms of a measure, with what its changes are rated by."""

    def __init__(self, measure: Measure, logs: Sequence[float], offset: float, limits: ChangeLimits) -> None:
        self._measure, self._logs, self._offset, self._limits = measure, logs, offset, limits
        self._scores = Scores(logs)
        self._clumping = 1.0

    def judged(self, found: Sequence[Candidate]) -> Changes:
        self._clumping = clumping(ranks(rest_of(self._logs, [one.at for one in found])))
        kept = holding(found, len(self._logs), self._chance)
        if not kept:
            return Changes(reason=Reason.NOT_BEYOND_CHANCE)
        edges = [0, *(one.at for one in kept), len(self._logs)]
        told: list[Change] = []
        reason = None
        for start, one, stop in zip(edges, kept, edges[2:], strict=False):
            change = self._change(start, one, stop)
            if isinstance(change, Reason):
                reason = change
            else:
                told.append(change)
        return Changes(tuple(told), None if told else reason)

    def _chance(self, start: int, one: Candidate, stop: int) -> float:
        """How likely chance alone gives what was seen at first, and what is seen between its neighbours."""
        side = self._limits.min_side
        if self._too_small(median(self._logs[start : one.at]), median(self._logs[one.at : stop])):
            return 2.0 + 1 / (stop - start)
        peak = self._scores.peak(start, stop, side)
        between = Candidate(one.at, peak.z, stop - start, 1.0)
        return max(one.chance(side, self._clumping), between.chance(side, self._clumping))

    def _change(self, start: int, one: Candidate, stop: int) -> Change | Reason:
        limits, runs = self._limits, self._measure.runs
        at = sharpened(self._logs, start, one.at, stop, limits.min_side)
        if runs[at].time - runs[at - 1].time > limits.max_gap_s:
            return Reason.GAP
        groups = self._measure.groups
        if groups and not set(groups[start:at]) & set(groups[at:stop]):
            return Reason.MOVED
        size, low, high = shift(self._logs[start:at], self._logs[at:stop], self._clumping)
        before = median(self._logs[start:at])
        if self._too_small(before, before + size):
            return Reason.TOO_SMALL
        chance = self._chance(start, one, stop)
        finding = Finding(
            _KINDS[self._measure.what, size > 0],
            self._measure.subject,
            runs[at].time,
            1 - chance,
            Effect(exp(size) - 1, exp(low) - 1, exp(high) - 1),
            commits_at(runs, at),
            stop - start,
            before=exp(before) - self._offset,
            after=exp(before + size) - self._offset,
        )
        return Change(chance, finding)

    def _too_small(self, before: float, after: float) -> bool:
        first, second = exp(before) - self._offset, exp(after) - self._offset
        apart = abs(second - first)
        return apart < self._limits.min_effect_s or apart < self._limits.min_effect * first


def commits_at(runs: Sequence[Run], at: int) -> Commits:
    """The commits on both sides of a change."""
    return Commits(runs[at - 1].sha if at else "", runs[at].sha)
