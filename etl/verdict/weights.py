"""The weight of each cause for one failure: its prior probability times the likelihood of the evidence."""

from dataclasses import dataclass
from math import comb, exp, log, log1p
from typing import Final

from etl.judge.history import Level
from etl.verdict import tables
from etl.verdict.chain import Pace, State, state
from etl.verdict.known import BASE, Known, RedRun
from etl.verdict.reading import Reading, familiar, read
from etl.verdict.tables import Assumed, Cause

_LEAST: Final = 1e-12
# What external trouble does to other lines in its midst: a rate of this distribution (Beta).
_TROUBLED: Final = (2.0, 1.0)


@dataclass(frozen=True, slots=True)
class Weights:
    """What each cause weighs, where the change breaks something and something fails everywhere."""

    of: dict[Cause, float]

    def given(self, *, breaks: bool, outage: bool) -> float:
        """The weights of all possible causes."""
        total = self.of[Cause.FLAKY] + self.of[Cause.BROKEN] + self.of[Cause.INFRASTRUCTURE]
        return total + breaks * self.of[Cause.YOURS] + outage * self.of[Cause.ELSEWHERE]


def weights(run: RedRun, known: Known) -> Weights:
    """Weigh the causes of one failure."""
    one = _Failure(run, known)
    found = dict.fromkeys(Cause, 0.0)
    for rate, share in one.rates():
        for cause, weight in one.at_rate(rate).items():
            found[cause] += share * weight
    found = {cause: weight * one.looks(cause) for cause, weight in found.items()}
    most = max(found.values())
    return Weights({cause: max(weight / most, _LEAST) for cause, weight in found.items()})


class _Failure:
    """One failure with all that is known of it."""

    def __init__(self, run: RedRun, known: Known) -> None:
        self._run, self._known = run, known
        self._reading: Reading = read(run, known)
        self._assumed: Assumed = tables.level(known.failed.subject.level)

    def rates(self) -> list[tuple[float, float]]:
        """Rates at which it may flake, with how likely each is after what was seen far from here."""
        assumed = self._assumed
        proven = self._known.flake is not None and self._known.flake.proven
        before = [(rate, assumed.flaky * share) for rate, share in assumed.rates]
        if not proven:
            before.append((assumed.single, 1 - assumed.flaky))
        failures, passes = self._reading.rest
        logs = [log(share) + failures * log(rate) + passes * log1p(-rate) for rate, share in before]
        most = max(logs)
        return [(rate, exp(one - most)) for (rate, _), one in zip(before, logs, strict=True)]

    def at_rate(self, rate: float) -> dict[Cause, float]:
        """What each cause weighs where it flakes at this rate."""
        reading, run, assumed = self._reading, self._run, self._assumed
        pace = Pace(tables.DAYS_BETWEEN_BREAKS / self._share_of_own(), assumed.days_to_repair)
        line = state(reading.before, reading.after, run.time, rate, pace)
        began = 1 - exp(-reading.calm_s / tables.OUTAGE_S)
        hit = max(assumed.hit, self._share_of_own()) * (assumed.spared + (1 - assumed.spared) * began)
        calm = self._others_calm(rate)
        troubled = _troubled(*reading.now) / (self._known.outside.red + 1)
        return {
            # What breaks the default branch breaks the lines that contain it.
            Cause.YOURS: self._own(line) * (troubled if run.line == BASE and reading.first else calm)
            * self._history(Cause.YOURS, rate),
            Cause.FLAKY: line.good * rate * calm * self._history(Cause.FLAKY, rate),
            Cause.BROKEN: self._broken(line) * troubled * self._history(Cause.BROKEN, rate),
            Cause.ELSEWHERE: line.troubled * hit * troubled * self._history(Cause.ELSEWHERE, rate),
            Cause.INFRASTRUCTURE: line.good * assumed.infrastructure * calm
            * self._history(Cause.INFRASTRUCTURE, rate),
        }  # fmt: skip

    def _own(self, line: State) -> float:
        """How likely this change breaks it, where it breaks something."""
        if self._run.line == BASE:
            return line.turned * self._share_of_own()
        return line.good * self._share_of_own()

    def _share_of_own(self) -> float:
        failed = self._known.failed
        many = failed.count or tables.USUAL_TESTS if failed.subject.level == Level.TEST else self._run.jobs
        return min(self._assumed.own / max(many, 1), 0.5)

    def _broken(self, line: State) -> float:
        """How likely a break of the default branch is what failed."""
        return line.broken if self._run.line == BASE else line.broken + line.breaks

    def _others_calm(self, rate: float) -> float:
        """How likely other lines fared as they did now, where nothing fails everywhere."""
        failed, passed = self._reading.now
        chance = tables.CHANGE_BREAKS * self._share_of_own() * self._says(Cause.YOURS, alone=False)
        each = min(rate * max(familiar(self._reading), 0.1) + chance, 0.9)
        outside = self._known.outside
        by_chance = _binomial(outside.now, outside.red, outside.common)
        return each**failed * (1 - each) ** passed * by_chance

    def _history(self, cause: Cause, rate: float) -> float:
        """How likely it fared as it did on this commit, its neighbours, and in the rest of the matrix."""
        return self._again(cause, rate) * self._neighbours(cause, rate) * self._matrix(cause, rate)

    def _again(self, cause: Cause, rate: float) -> float:
        failed, passed = self._reading.again
        passes = 1 - rate if cause is Cause.FLAKY else tables.PASSES_AGAIN[cause]
        return (1 - passes) ** failed * passes**passed

    def _neighbours(self, cause: Cause, rate: float) -> float:
        found = 1.0
        for line in (self._reading.older, self._reading.newer):
            for place, one in enumerate(line):
                if not one.passed and one.signature != self._known.failed.signature:
                    break
                fails = self._fails_beside(cause, rate, place)
                found *= 1 - fails if one.passed else fails
                if one.passed:
                    break
        return found

    def _fails_beside(self, cause: Cause, rate: float, place: int) -> float:
        match cause:
            case Cause.FLAKY:
                return rate
            case Cause.INFRASTRUCTURE:
                return 0.05
            case _:
                return tables.FAILS_ON if place else tables.FAILS_BEFORE

    def _matrix(self, cause: Cause, rate: float) -> float:
        failed, passed = self._known.beside
        if not failed + passed:
            return 1.0
        if cause in tables.ALL_OF_MATRIX:
            together = tables.ALL_OF_MATRIX[cause]
            return together if not passed else (1 - together) * 0.5 ** (failed + passed - 1)
        again = max(rate, tables.ONE_MORE) if cause is Cause.FLAKY else tables.ONE_MORE
        return again**failed * (1 - again) ** passed

    def looks(self, cause: Cause) -> float:
        """How likely a failure of this cause looks like this one."""
        return self._says(cause) * self._category(cause) * self._touches(cause) * self._is_new(cause)

    def _says(self, cause: Cause, *, alone: bool = True) -> float:
        """How likely it says this."""
        reading, outside = self._reading, self._known.outside
        if not self._known.failed.signature:
            return 1.0
        new = tables.NEW_MESSAGE[cause]
        is_new = not (reading.alike or outside.had)
        if cause is Cause.FLAKY:
            known = familiar(reading)
            return (1 - known) * new if is_new else known + (1 - known) * (1 - new) * outside.common
        if cause is Cause.BROKEN:
            return self._says_break(new)
        return new if is_new and alone else (1 - new) * outside.common

    def _says_break(self, new: float) -> float:
        """How likely a break says this: the same as the default branch's last failures."""
        reading = self._reading
        near = [
            one.signature
            for one in (*reading.before[-1:], *reading.after[:1])
            if not one.passed and one.signature
        ]
        if self._known.failed.signature in near:
            return tables.SAME_MESSAGE
        unlike = 1 - tables.SAME_MESSAGE if near else 1.0
        outside = self._known.outside
        return unlike * ((1 - new) * outside.common if outside.had else new)

    def _category(self, cause: Cause) -> float:
        if self._known.failed.subject.level == Level.TEST:
            return 1.0
        shares = tables.CATEGORIES.get(self._known.failed.category)
        return 1.0 if shares is None else shares[cause]

    def _touches(self, cause: Cause) -> float:
        if self._known.touched is None:
            return 1.0
        touches = tables.TOUCHED.get(cause, tables.TOUCHED_BY_CHANCE)
        return touches if self._known.touched else 1 - touches

    def _is_new(self, cause: Cause) -> float:
        """How likely the test ran nowhere else."""
        if self._known.failed.subject.level != Level.TEST:
            return 1.0
        new = tables.NEW_TEST.get(cause, tables.NEW_BY_CHANCE)
        return 1 - new if self._reading.elsewhere else new


def _binomial(hits: int, of: int, rate: float) -> float:
    """How likely so many of them have it by chance."""
    return comb(of, hits) * rate**hits * (1 - rate) ** (of - hits) if hits <= of else rate**hits


def _troubled(failed: int, passed: int) -> float:
    """How likely lines fared so in the midst of something that fails everywhere."""
    first, second = _TROUBLED
    found = 1.0
    for place in range(failed):
        found *= (first + place) / (first + second + place)
    for place in range(passed):
        found *= (second + place) / (first + second + failed + place)
    return found
