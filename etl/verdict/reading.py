"""Sorts other executions of a failed job or test by what they are evidence for."""

from collections.abc import Sequence
from dataclasses import dataclass

from etl.verdict.known import BASE, Known, RedRun, Seen
from etl.verdict.tables import CHAIN, MORE_MESSAGES, NOW_S


@dataclass(frozen=True, slots=True)
class Reading:
    """Results by where they come from; each is counted once.

    `again`: other executions of the same commit. `before`, `after`: of the default branch around the run,
    in order. `older`, `newer`: of other commits of the same line, the nearest first. `now`: unrelated lines
    that failed at about the time with the same message, and those that passed since the first of them did.
    `calm_s`: seconds from the last pass of another line to that. `first`: whether none of them failed before
    this run began. `rest`: flakes and passes of all else, half of those of other jobs of the matrix.
    `alike` of `told` messages of failures elsewhere, but for breaks, are the same as this one.
    """

    again: tuple[int, int]
    before: Sequence[Seen]
    after: Sequence[Seen]
    older: Sequence[Seen]
    newer: Sequence[Seen]
    now: tuple[int, int]
    calm_s: int
    first: bool
    rest: tuple[float, float]
    alike: int
    told: int

    @property
    def elsewhere(self) -> int:
        """How many results of other lines and of the default branch there are."""
        return len(self.before) + len(self.after) + sum(self.now) + round(sum(self.rest))


def read(run: RedRun, known: Known) -> Reading:
    """Sort the results known for a failure."""
    signature = known.failed.signature
    again = [
        one
        for one in known.seen
        if one.sha == run.sha and (one.run_id, one.attempt) != (run.run_id, run.attempt)
    ]
    others = [one for one in known.seen if one.sha != run.sha]
    base = [one for one in others if one.line == BASE]
    before = [one for one in base if one.time <= run.time]
    after = [one for one in base if one.time > run.time][:CHAIN]
    own = [one for one in others if one.line == run.line != BASE]
    unrelated = [one for one in others if one.line not in (run.line, BASE)]
    since, near, far = _near(unrelated, run, signature)
    alike_far = [one for one in far if not one.passed and one.signature == signature]
    passes = sum(one.passed for one in far) + sum(one.passed for one in before[:-CHAIN])
    flakes = len({one.line for one in alike_far}) + _alone(before[:-CHAIN])
    # Red on the default branch may be a break that hit all of the matrix: only other lines tell of flakes.
    matrix = [one for one in known.matrix if one.sha != run.sha and one.line not in (run.line, *run.kin)]
    alike_there = [
        one for one in matrix if not one.passed and one.line != BASE and one.signature == signature
    ]
    lonely = [one for one in before if not one.passed and one.signature]
    return Reading(
        _counts(again),
        before[-CHAIN:],
        after,
        [one for one in reversed(own) if one.time <= run.time],
        [one for one in own if one.time > run.time],
        _lines(near, signature),
        since - max((one.time for one in (*base, *unrelated) if one.passed and one.time <= since), default=0),
        since >= run.time,
        _with_flake(
            known,
            flakes + len({one.line for one in alike_there}) / 2,
            passes + sum(one.passed for one in matrix) / 2,
        ),
        sum(one.signature == signature for one in (*lonely, *alike_far, *alike_there)) if signature else 0,
        len(lonely) + len(alike_far) + len(alike_there),
    )


def _near(results: Sequence[Seen], run: RedRun, signature: str) -> tuple[int, list[Seen], list[Seen]]:
    """When the trouble that this failure may be part of began, its results from then on, and all others."""
    around = [one for one in results if abs(one.time - run.time) <= NOW_S and one.line not in run.kin]
    since = min(
        (one.time for one in around if not one.passed and one.signature == signature), default=run.time
    )
    since = min(since, run.time)
    near = [one for one in around if one.time >= since]
    taken = set(near)
    return (
        since,
        near,
        [one for one in results if one not in taken and (one.passed or one.line not in run.kin)],
    )


def _counts(results: Sequence[Seen]) -> tuple[int, int]:
    """Failures and passes."""
    passed = sum(one.passed for one in results)
    return len(results) - passed, passed


def _alone(results: Sequence[Seen]) -> int:
    """Stretches of failures between two passes, each counted once: a long stretch is a break, not many flakes."""
    return sum(
        not one.passed and (not place or results[place - 1].passed) for place, one in enumerate(results)
    )


def _lines(results: Sequence[Seen], signature: str) -> tuple[int, int]:
    """Lines that failed with this signature, and lines that only passed; of others nothing is known."""
    failed = {one.line for one in results if not one.passed and one.signature == signature}
    passed = {one.line for one in results if one.passed}
    return len(failed), len(passed - failed)


def _with_flake(known: Known, failures: float, passes: float) -> tuple[float, float]:
    """What was counted here, or what was found over a longer time, whichever rests on more."""
    found = known.flake
    if found is not None and found.results > failures + passes:
        return found.failures, found.results - found.failures
    return failures, passes


def familiar(reading: Reading) -> float:
    """How likely a flake says just this, from what its failures said so far."""
    return reading.alike / (reading.told + MORE_MESSAGES)
