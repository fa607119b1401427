"""Weighs all failures of a run together, since one change or one outage may cause several of them.

Whether the change breaks anything, and whether something fails everywhere, is the same for all of them. Given
these two, failures are independent, so summing over the four cases is exact.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from etl.verdict import tables
from etl.verdict.known import BASE, Known, RedRun
from etl.verdict.tables import Cause
from etl.verdict.weights import Weights, weights

_CASES = tuple(itertools.product((False, True), repeat=2))


@dataclass(frozen=True, slots=True)
class Together:
    """The probability of each cause for each failure, and that the change caused none of them."""

    chances: tuple[dict[Cause, float], ...]
    none_yours: float


def together(run: RedRun, known: Sequence[Known]) -> Together:
    """Weigh all failures of a run; raises ValueError if there are none."""
    if not known:
        raise ValueError(f"run {run.run_id} has no failure to weigh")
    weighed = [weights(run, one) for one in known]
    groups = _alike(known)
    cases = _cases(run, weighed, groups)
    chances = tuple(_chances(cases, one) for one in weighed)
    return Together(chances, _none_yours(cases, weighed, groups))


def _cases(
    run: RedRun, weighed: Sequence[Weights], groups: Sequence[Sequence[int]]
) -> dict[tuple[bool, bool], float]:
    """The weights of the four cases: the change breaks something or not, something fails everywhere or not."""
    change = tables.COMMIT_BREAKS if run.line == BASE else tables.CHANGE_BREAKS
    logs = {}
    for breaks, outage in _CASES:
        found = log(change if breaks else 1 - change) + log(tables.OUTAGE if outage else 1 - tables.OUTAGE)
        # Failures that say the same have one cause: together they count as one.
        for group in groups:
            logged = (log(weighed[place].given(breaks=breaks, outage=outage)) for place in group)
            found += sum(logged) / len(group)
        logs[breaks, outage] = found
    most = max(logs.values())
    total = sum(exp(one - most) for one in logs.values())
    return {case: exp(one - most) / total for case, one in logs.items()}


def _chances(cases: dict[tuple[bool, bool], float], one: Weights) -> dict[Cause, float]:
    found = dict.fromkeys(Cause, 0.0)
    for (breaks, outage), chance in cases.items():
        whole = one.given(breaks=breaks, outage=outage)
        for cause, weight in one.of.items():
            if (cause is not Cause.YOURS or breaks) and (cause is not Cause.ELSEWHERE or outage):
                found[cause] += chance * weight / whole
    return found


def _none_yours(
    cases: dict[tuple[bool, bool], float], weighed: Sequence[Weights], groups: Sequence[Sequence[int]]
) -> float:
    found = 0.0
    for (breaks, outage), chance in cases.items():
        none = chance
        for group in groups:
            yours = max(
                weighed[at].of[Cause.YOURS] / weighed[at].given(breaks=True, outage=outage) for at in group
            )
            none *= 1 - breaks * yours
        found += none
    return found


def _alike(known: Sequence[Known]) -> list[list[int]]:
    """Failures with one message, or of one test in one matrix: places of each group."""
    groups: dict[object, list[int]] = {}
    for place, one in enumerate(known):
        failed = one.failed
        key = failed.signature or (failed.job_group, failed.subject.suite, failed.subject.name)
        groups.setdefault(key, []).append(place)
    return list(groups.values())
