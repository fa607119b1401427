"""The verdict on a red run: on each of its failures, and on all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from etl.verdict import tables
from etl.verdict.known import Known, RedRun
from etl.verdict.tables import Cause
from etl.verdict.together import together


class Call(StrEnum):
    """Whose failure it is."""

    YOURS = "yours"
    FLAKY = "flaky"
    BROKEN = "broken"
    ELSEWHERE = "elsewhere"
    INFRASTRUCTURE = "infrastructure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on one failure: `probability` that the call is right, `yours` that the change caused it.

    For `unknown`, the probability is that of `likeliest`, which is not certain enough to be called.
    """

    known: Known
    call: Call
    likeliest: Call
    probability: float
    yours: float
    chances: dict[Cause, float]


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """The verdict on a run: yours if any failure is, unknown if none is but some may be."""

    run: RedRun
    verdicts: tuple[Verdict, ...]
    call: Call
    yours: float


def verdict_on(run: RedRun, known: Sequence[Known]) -> RunVerdict:
    """Judge the failures of a run; raises ValueError if there are none."""
    found = together(run, known)
    verdicts = tuple(_verdict(one, chances) for one, chances in zip(known, found.chances, strict=True))
    return RunVerdict(run, verdicts, _overall(verdicts), 1 - found.none_yours)


def _verdict(known: Known, chances: dict[Cause, float]) -> Verdict:
    yours = chances[Cause.YOURS]
    if known.failed.category not in tables.MACHINERY:
        # Nothing names the machinery: whoever reads it sees what fails now and then.
        flaky = chances[Cause.FLAKY] + chances[Cause.INFRASTRUCTURE]
        chances = chances | {Cause.FLAKY: flaky, Cause.INFRASTRUCTURE: 0.0}
    others = {cause: chance for cause, chance in chances.items() if cause is not Cause.YOURS}
    other = max(others, key=others.__getitem__)
    if yours >= tables.IS_YOURS:
        return Verdict(known, Call.YOURS, Call.YOURS, yours, yours, chances)
    if yours <= tables.NOT_YOURS:
        return Verdict(known, Call(other), Call(other), chances[other], yours, chances)
    likeliest = Cause.YOURS if yours >= chances[other] else other
    return Verdict(known, Call.UNKNOWN, Call(likeliest), chances[likeliest], yours, chances)


def _overall(verdicts: Sequence[Verdict]) -> Call:
    calls = [one.call for one in verdicts]
    for call in (Call.YOURS, Call.UNKNOWN):
        if call in calls:
            return call
    return max(verdicts, key=lambda one: one.yours).call
