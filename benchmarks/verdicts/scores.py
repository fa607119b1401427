"""Verdicts held against the truth: errors, what is decided, and whether probabilities are what they say."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from benchmarks.verdicts.cases import Case
from etl.verdict.tables import Cause
from etl.verdict.verdict import Call, RunVerdict

_BINS = 10


def is_right(call: Call, truth: frozenset[Cause]) -> bool:
    """Whether a call names one of the causes."""
    return Cause(call) in truth


@dataclass(slots=True)
class Scores:
    """Counts of failures, and pairs of a probability and whether it was so."""

    runs: int = 0
    failures: int = 0
    own: int = 0
    own_missed: int = 0
    runs_own: int = 0
    runs_missed: int = 0
    runs_decided: int = 0
    decided: int = 0
    right: int = 0
    others: int = 0
    blamed: int = 0
    yours: list[tuple[float, bool]] = field(default_factory=list)
    called: list[tuple[float, bool]] = field(default_factory=list)
    runs_yours: list[tuple[float, bool]] = field(default_factory=list)

    def add(self, case: Case, found: RunVerdict) -> None:
        """Count a run's verdicts."""
        self.runs += 1
        own_run = any(truth == {Cause.YOURS} for truth in case.truths)
        any_own = any(Cause.YOURS in truth for truth in case.truths)
        self.runs_own += own_run
        self.runs_missed += own_run and found.call not in (Call.YOURS, Call.UNKNOWN)
        self.runs_decided += found.call is not Call.UNKNOWN
        self.runs_yours.append((found.yours, any_own))
        for verdict, truth in zip(found.verdicts, case.truths, strict=True):
            own = truth == {Cause.YOURS}
            not_yours = verdict.call not in (Call.YOURS, Call.UNKNOWN)
            self.failures += 1
            self.own += own
            self.own_missed += own and not_yours
            self.others += Cause.YOURS not in truth
            self.blamed += Cause.YOURS not in truth and verdict.call is Call.YOURS
            self.yours.append((verdict.yours, Cause.YOURS in truth))
            if verdict.call is not Call.UNKNOWN:
                self.decided += 1
                right = is_right(verdict.call, truth)
                self.right += right
                self.called.append((verdict.probability, right))


def off(pairs: Sequence[tuple[float, bool]]) -> float:
    """How far probabilities are from how often it was so: the mean over ten equal ranges, by how many are in each."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for chance, was in pairs:
        bins[min(int(chance * _BINS), _BINS - 1)].append((chance, was))
    apart = (abs(sum(chance - was for chance, was in one)) for one in bins)
    return sum(apart) / max(len(pairs), 1)


@dataclass(slots=True)
class Reference:
    """The same counts of one that always decides."""

    own: int = 0
    own_missed: int = 0
    others: int = 0
    blamed: int = 0

    def add(self, case: Case, not_yours: Iterable[bool]) -> None:
        """Count a run."""
        for said, truth in zip(not_yours, case.truths, strict=True):
            own = truth == {Cause.YOURS}
            self.own += own
            self.own_missed += own and said
            self.others += Cause.YOURS not in truth
            self.blamed += Cause.YOURS not in truth and not said
