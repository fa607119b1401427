"""Judges all series together: the findings of each, or why there are none."""

from array import array
from collections.abc import Hashable, Iterable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

from etl.judge.breaks import in_breaks, judge_breaks
from etl.judge.discovery import most_allowed
from etl.judge.finding import Finding, Judgement, Reason
from etl.judge.flakes import judge_flake, read
from etl.judge.history import History, Level, Measure, Subject
from etl.judge.limits import Limits
from etl.judge.rates import rate_changes
from etl.judge.times import Changes, changes_of

FLAKES = "flakes"
BREAKS = "breaks"
RATE = "success rate"
SPREADING = "spreading"
# Success rates are judged of these; a single test's are told by flakes and breaks.
_RATED = (Level.WORKFLOW, Level.JOB)


@dataclass(frozen=True, slots=True)
class Told:
    """What one look at a subject gave: `aspect` is FLAKES, BREAKS, RATE, SPREADING or what a measure measures."""

    aspect: str
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Read:
    """The result of a history on its own, before the false discovery rate over all series is applied."""

    flakes: Judgement
    breaks: Judgement
    rate: Changes | None


class Judge:
    """Judges series, and caches the results: unchanged series are not computed again.

    `memory` is any mapping that outlives the judge, from a subject and aspect to the digest of the input and
    the result.
    """

    def __init__(
        self, limits: Limits | None = None, memory: MutableMapping[Hashable, tuple[str, Any]] | None = None
    ) -> None:
        self._limits = limits or Limits()
        self._memory = {} if memory is None else memory

    def judge(self, histories: Iterable[History], measures: Iterable[Measure] = ()) -> list[Told]:
        """What is told of all of them; changes are told as far as their share of false ones is kept.

        All series that are to be told of together have to be judged together.
        """
        told: list[Told] = []
        changed: list[tuple[Subject, str, Changes]] = []
        for history in histories:
            found = self._history(history)
            told += [Told(FLAKES, found.flakes), Told(BREAKS, found.breaks)]
            if found.rate is not None:
                changed.append((history.subject, RATE, found.rate))
        changed += [(measure.subject, measure.what, self._measure(measure)) for measure in measures]
        return told + self._significant(changed)

    def _significant(self, changed: Sequence[tuple[Subject, str, Changes]]) -> list[Told]:
        chances = [one.chance for _, _, changes in changed for one in changes.changes]
        looked_at = sum(changes.reason not in _NOT_LOOKED_AT for _, _, changes in changed)
        limits = self._limits.changes
        allowed = most_allowed(chances, looked_at, limits.max_false_discoveries)
        alerting = most_allowed(chances, looked_at, limits.max_false_alerts)
        told = []
        for subject, aspect, changes in changed:
            listed = _ended(
                [
                    replace(one.finding, sure=one.chance <= alerting)
                    for one in changes.changes
                    if one.chance <= allowed
                ]
            )
            weaker = tuple(one.finding for one in changes.changes if one.chance > allowed)
            reason = None if listed else changes.reason or Reason.NOT_BEYOND_CHANCE
            told.append(Told(aspect, Judgement(subject, listed, reason, weaker)))
        return told

    def _history(self, history: History) -> Read:
        if not history.failures:
            return _green(history)
        # Of the runs the first and the last will do: nobody rewrites what lies between.
        ends = (history.runs[0], history.runs[-1], sorted(history.messages.items()))
        seen = self._digest(history.outcomes, repr(ends).encode())
        key = (history.subject, FLAKES)
        known = self._memory.get(key)
        if known is None or known[0] != seen:
            known = self._memory[key] = (seen, self._read(history))
        found: Read = known[1]
        return found

    def _read(self, history: History) -> Read:
        reading = read(history, self._limits.proof)
        rate = None
        if history.subject.level in _RATED:
            rate = rate_changes(history, in_breaks(reading), self._limits.changes)
        return Read(
            judge_flake(reading, self._limits.flakes), judge_breaks(reading, self._limits.breaks), rate
        )

    def _measure(self, measure: Measure) -> Changes:
        if not measure.values:
            return Changes(reason=Reason.TOO_FEW)
        ends = (measure.runs[0], measure.runs[-1])
        values = array("d", measure.values).tobytes()
        seen = self._digest(values, "\0".join(measure.groups).encode(), repr(ends).encode())
        key = (measure.subject, measure.what)
        known = self._memory.get(key)
        if known is None or known[0] != seen:
            known = self._memory[key] = (seen, changes_of(measure, self._limits.changes))
        found: Changes = known[1]
        return found

    def _digest(self, *parts: bytes) -> str:
        """The same for the same input and limits, in every process."""
        digest = blake2b(repr(self._limits).encode(), digest_size=12)
        for part in parts:
            digest.update(len(part).to_bytes(8) + part)
        return digest.hexdigest()


_NOT_LOOKED_AT = {Reason.TOO_FEW, Reason.ALL_EQUAL}


def _ended(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The changes of one series, each until one in the other direction came after it."""
    return tuple(
        replace(
            one,
            until=next(
                (max(later.since, one.since) for later in findings[place + 1 :] if later.kind != one.kind),
                None,
            ),
        )
        for place, one in enumerate(findings)
    )


def _green(history: History) -> Read:
    """What is said of what never failed."""
    rated = history.subject.level in _RATED
    return Read(
        Judgement(history.subject, reason=Reason.NEVER_FAILED),
        Judgement(history.subject, reason=Reason.GREEN),
        Changes(reason=Reason.ALL_EQUAL) if rated else None,
    )
