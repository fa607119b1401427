"""Finds breaks: failures that flakes do not explain, the commits in which they may have begun, and their repair."""

from collections.abc import Sequence
from typing import Final

from etl.judge.episodes import Episode
from etl.judge.finding import Commits, Effect, Finding, Judgement, Kind, Reason
from etl.judge.flakes import Reading
from etl.judge.history import History
from etl.judge.limits import BreakLimits

_NONE: Final = Effect(1.0, 1.0, 1.0)
# Red results in a row that a job hardly gives that fails every third time.
_LASTING: Final = 5
_SURE: Final = 0.95


def judge_breaks(reading: Reading, limits: BreakLimits) -> Judgement:
    """The breaks of branches with a name of their own, in order; repaired ones have an end."""
    history = reading.history
    if not history.failures:
        return Judgement(history.subject, reason=Reason.GREEN)
    if history.failures + history.passes < limits.min_results:
        return Judgement(history.subject, reason=Reason.TOO_FEW)
    sure: list[Finding] = []
    weaker: list[Finding] = []
    for number, episode in enumerate(reading.episodes):
        if episode.line and not episode.branch:
            continue
        chances = begins(reading, number)
        # One that was told goes on where its begin is too long ago to be seen.
        is_unseen = episode.last_pass is None
        if not any(chances) or (sum(chances) < limits.keep_probability and not is_unseen):
            continue
        one = _finding(history, episode, chances, limits.min_coverage)
        if one.evidence >= limits.min_red and one.probability >= limits.min_probability and history.passes:
            sure.append(one)
        elif is_unseen or one.evidence >= limits.min_red:
            weaker.append(one)
    reason = Reason.FLAKES_EXPLAIN if history.passes else Reason.NEVER_PASSED
    return Judgement(history.subject, tuple(sure), None if sure else reason, tuple(weaker))


def begins(reading: Reading, number: int) -> list[float]:
    """How likely a break begins at each red result of an episode; together how likely there was one."""
    by_rate = list(zip(reading.weights_at(number), reading.explained[number], strict=True))
    return [
        sum(weight * one.begins[place] / one.whole for weight, one in by_rate)
        for place in range(len(reading.episodes[number].reds))
    ]


def in_breaks(reading: Reading) -> set[int]:
    """Positions of red results that are surely of breaks, which no rate at which it fails explains."""
    return {
        red.at
        for number, episode in enumerate(reading.episodes)
        if len(episode.reds) >= _LASTING and sum(begins(reading, number)) >= _SURE
        for red in episode.reds
    }


def _finding(history: History, episode: Episode, chances: Sequence[float], coverage: float) -> Finding:
    reds = [red.at for red in episode.reds]
    broken = sum(chances)
    first, last = _range(chances, broken, coverage)
    began, stop = reds[first], episode.next_pass
    repaired = history.runs[stop] if stop is not None else None
    since = history.runs[began].time
    return Finding(
        Kind.BROKEN,
        history.subject._replace(branch=episode.branch),
        since,
        min(broken, 1.0),
        _NONE,
        _commits(history, episode, first, last),
        len(reds) - first,
        before=0.0,
        after=1.0,
        until=max(repaired.time, since) if repaired else None,
        repaired=repaired.sha if repaired else "",
        repair_s=max(repaired.time - since, 0) if repaired else None,
    )


def _range(chances: Sequence[float], broken: float, coverage: float) -> tuple[int, int]:
    """The fewest reds in a row that hold the begin this surely."""
    sums = [0.0]
    for chance in chances:
        sums.append(sums[-1] + chance / broken)
    best = (0, len(chances) - 1)
    for first in range(len(chances)):
        for last in range(first, min(len(chances), first + best[1] - best[0])):
            if sums[last + 1] - sums[first] >= coverage:
                best = (first, last)
                break
    return best


def _commits(history: History, episode: Episode, first: int, last: int) -> Commits:
    """From the last good commit to the last one that may be to blame, with those that never ran it.

    `first` and `last` count reds of the episode.
    """
    reds = [red.at for red in episode.reds]
    good = reds[first - 1] if first else episode.last_pass
    inside = [
        run.sha
        for run in history.runs[0 if good is None else good + 1 : reds[last] + 1]
        if (run.line, run.branch) == (episode.line, episode.branch)
    ]
    told = history.runs[reds[first]].sha
    others = tuple(sha for sha in dict.fromkeys(inside) if sha != told)
    return Commits("" if good is None else history.runs[good].sha, told, others)
