"""Series of known truth: jobs that change or do not, tests that flake, break, or fail once."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from random import Random
from typing import Final

from etl.judge.history import History, Level, Measure, Outcome, Run, Subject
from etl.judge.times import DURATION

DAY_S: Final = 86_400
_START: Final = 1_790_000_000


def runs(number: int, a_day: float) -> list[Run]:
    """Runs of the default branch at even distances; a commit's SHA is its place."""
    return [Run(_START + int(place * DAY_S / a_day), f"{place:07x}") for place in range(number)]


def place(sha: str) -> int:
    """The place of a commit."""
    return int(sha, 16)


@dataclass(frozen=True, slots=True)
class Job:
    """A job's results and durations; `change` is `slower`, `less reliable` or empty, from the run `at` on."""

    change: str
    at: int
    history: History
    durations: Measure

    def until(self, day: int, a_day: int) -> "Job":
        """What was known of it at the end of a day."""
        stop = day * a_day
        known, timed = self.history, self.durations
        return Job(
            self.change,
            self.at,
            History(known.subject, known.runs[:stop], known.outcomes[:stop]),
            Measure(timed.subject, timed.what, timed.runs[:stop], timed.values[:stop]),
        )


@dataclass(frozen=True, slots=True)
class JobWorld:
    """What a world of jobs is like; noise and success are drawn from these ranges, evenly."""

    jobs: int = 40
    changed: int = 0
    days: int = 28
    a_day: int = 8
    noise: tuple[float, float] = (0.05, 0.3)
    success: tuple[float, float] = (0.85, 1.0)
    factor: float = 1.25
    rates: tuple[float, float] = (0.98, 0.75)
    changed_days_ago: int = 7

    def drawn(self, seed: int) -> list[Job]:
        """The jobs of a seed, those that change first: slower and less reliable in turns."""
        random = Random(seed)  # noqa: S311
        return [self._job(random, number) for number in range(self.jobs)]

    def _job(self, random: Random, number: int) -> Job:
        total = self.days * self.a_day
        at = total - self.changed_days_ago * self.a_day
        change = ("slower", "less reliable")[number % 2] if number < self.changed else ""
        noise, usual = random.uniform(*self.noise), exp(random.uniform(3, 7))
        rate = random.uniform(*self.success)
        rates = self.rates if change == "less reliable" else (rate, rate)
        factor = self.factor if change == "slower" else 1.0
        subject = Subject("acme/rocket", Level.JOB, "CI", f"job {number}")
        drawn = runs(total, self.a_day)
        values = [
            usual * exp(random.gauss(0, noise)) * (factor if place >= at else 1.0) for place in range(total)
        ]
        outcomes = bytes(random.random() > rates[place >= at] for place in range(total))
        return Job(change, at, History(subject, drawn, outcomes), Measure(subject, DURATION, drawn, values))


@dataclass(frozen=True, slots=True)
class KnownTest:
    """A test's results, the rate at which it flakes, and the runs in which it is broken."""

    rate: float
    broken: range
    history: History


@dataclass(frozen=True, slots=True)
class FlakyWorld:
    """What a world of tests is like: so many of each kind; rates in failures a run, breaks in days."""

    days: int = 28
    a_day: int = 8
    flaky: int = 20
    broken: int = 60
    single: int = 60
    broken_and_single: int = 20
    flaky_and_broken: int = 0
    rates: tuple[float, float] = (0.03, 0.2)
    break_days: tuple[float, float] = (1.0, 4.0)
    messages: bool = False

    def drawn(self, seed: int) -> list[KnownTest]:
        """The tests of a seed."""
        random = Random(seed)  # noqa: S311
        kinds = (
            (self.flaky, True, False, False),
            (self.broken, False, True, False),
            (self.single, False, False, True),
            (self.broken_and_single, False, True, True),
            (self.flaky_and_broken, True, True, False),
        )
        shared = runs(round(self.days * self.a_day), self.a_day)
        return [
            self._test(random, shared, f"test {kind}.{number}", flaky=flaky, breaks=breaks, single=single)
            for kind, (many, flaky, breaks, single) in enumerate(kinds)
            for number in range(many)
        ]

    def _test(
        self, random: Random, shared: Sequence[Run], name: str, *, flaky: bool, breaks: bool, single: bool
    ) -> KnownTest:
        total = len(shared)
        rate = random.uniform(*self.rates) if flaky else 0.0
        outcomes = bytearray(random.random() < rate for _ in range(total))
        broken = range(0)
        if breaks:
            length = max(round(random.uniform(*self.break_days) * self.a_day), 1)
            begin = random.randrange(1, total)
            broken = range(begin, min(begin + length, total))
            outcomes[begin : broken.stop] = bytes([Outcome.FAILED]) * len(broken)
        if single:
            outcomes[random.randrange(total)] = Outcome.FAILED
        messages = {
            place: "assertion" if place in broken else f"timeout {random.randrange(2)}"
            for place, outcome in enumerate(outcomes)
            if self.messages and outcome
        }
        subject = Subject("acme/rocket", Level.TEST, "CI", "unit", "suite", name)
        return KnownTest(rate, broken, History(subject, shared, bytes(outcomes), messages))
