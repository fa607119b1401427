"""Finds where a success rate changes, ignoring breaks that were repaired."""

from collections.abc import Collection, Sequence
from statistics import fmean

from etl.judge.counts import Counts
from etl.judge.finding import Effect, Finding, Kind, Reason
from etl.judge.history import History, Outcome
from etl.judge.intervals import difference_interval
from etl.judge.limits import ChangeLimits
from etl.judge.segments import Candidate, candidates, clumping, holding, rest_of
from etl.judge.times import Change, Changes, commits_at


def rate_changes(history: History, broken: Collection[int], limits: ChangeLimits) -> Changes:
    """Where the success rate of a subject changes; results at the positions `broken` are a break's own."""
    ran = [
        position
        for position, outcome in enumerate(history.outcomes)
        if outcome in (Outcome.PASSED, Outcome.FAILED) and position not in broken
    ]
    failed = [int(history.outcomes[position] == Outcome.FAILED) for position in ran]
    if len(failed) < max(limits.min_results, 2 * limits.min_side):
        return Changes(reason=Reason.TOO_FEW)
    if sum(failed) in (0, len(failed)):
        return Changes(reason=Reason.ALL_EQUAL)
    counts = Counts(failed)
    found = candidates(counts, len(failed), limits.min_side)
    widened = clumping(rest_of(failed, [one.at for one in found], fmean)) if found else 1.0
    rated = _Rated(counts, widened, limits.min_side)
    kept = holding(found, len(failed), rated.chance)
    if not kept:
        return Changes(reason=Reason.NOT_BEYOND_CHANCE)
    edges = [0, *(one.at for one in kept), len(failed)]
    changes = [
        _change(history, ran, failed, (start, one.at, stop), rated.chance(start, one, stop))
        for start, one, stop in zip(edges, kept, edges[2:], strict=False)
    ]
    told = tuple(one for one in changes if abs(one.finding.effect.size) >= limits.min_rate_effect)
    return Changes(told, None if told else Reason.TOO_SMALL)


class _Rated:
    """How likely chance alone gives a difference of failures."""

    def __init__(self, counts: Counts, widened: float, min_side: int) -> None:
        self._counts, self._widened, self._side = counts, widened, min_side

    def chance(self, start: int, one: Candidate, stop: int) -> float:
        """The chance of what was seen at first, and of what is seen between its neighbours."""
        between = Candidate(one.at, self._counts.peak(start, stop, self._side).z, stop - start, 1.0)
        return max(one.chance(self._side, self._widened), between.chance(self._side, self._widened))


def _change(
    history: History, ran: Sequence[int], failed: Sequence[int], part: tuple[int, int, int], chance: float
) -> Change:
    start, at, stop = part
    before, after = failed[start:at], failed[at:stop]
    first = (len(before) - sum(before), len(before))
    second = (len(after) - sum(after), len(after))
    size = second[0] / second[1] - first[0] / first[1]
    finding = Finding(
        Kind.MORE_RELIABLE if size > 0 else Kind.LESS_RELIABLE,
        history.subject,
        history.runs[ran[at]].time,
        1 - chance,
        Effect(size, *difference_interval(first, second)),
        commits_at([history.runs[position] for position in ran[at - 1 : at + 1]], 1),
        stop - start,
        before=first[0] / first[1],
        after=second[0] / second[1],
    )
    return Change(chance, finding)
