"""A month of an organisation: commits, pull requests, flakes, breaks, outages, and the runs that they give."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

from benchmarks.verdicts.organisation import (
    MACHINERY,
    Organisation,
    drawn,
    generic,
    job,
    likely,
)
from etl.judge.history import Level, Subject
from etl.verdict.known import BASE
from etl.verdict.tables import DAY_S, HOUR_S, Cause

START: Final = 1_790_000_000
_TOOK_S: Final = 900
_OWN, _FLAKE, _BREAK, _UPSTREAM, _OUTAGE, _MACHINERY = (
    frozenset({Cause.YOURS}),
    frozenset({Cause.FLAKY}),
    frozenset({Cause.BROKEN}),
    frozenset({Cause.ELSEWHERE, Cause.BROKEN}),
    frozenset({Cause.ELSEWHERE, Cause.INFRASTRUCTURE}),
    frozenset({Cause.INFRASTRUCTURE}),
)
_DAY: Final = range(7, 20)
_CATEGORIES: Final = {"lint": "lint", "build": "build"}


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the code or the world, from `since` until `until`; it hits `subjects` with a chance.

    Where it hits them, the failure is of all its `causes`: what others release breaks the default branch,
    too, and an outage is both seen elsewhere and one of machinery. `each`: subjects have messages of their own.
    """

    causes: frozenset[Cause]
    since: int
    until: int
    subjects: frozenset[Subject]
    message: str
    category: str
    hits: float = 1.0
    each: bool = False


@dataclass(frozen=True, slots=True)
class Red:
    """A failure in a run: what it said, and, hidden, what it came from."""

    signature: str
    category: str
    causes: frozenset[Cause]
    path: str = ""
    touched: bool = False


@dataclass(slots=True)
class Execution:
    """An attempt of a run: what failed; all else of the jobs that ran passed."""

    run_id: int
    attempt: int
    time: int
    sha: str
    line: str
    reds: dict[Subject, Red] = field(default_factory=dict)
    skipped: bool = False  # the build failed: only it and lint ran
    dead: frozenset[str] = frozenset()  # jobs that failed by themselves: their tests say nothing

    @property
    def ended(self) -> int:
        """When its results were known."""
        return self.time + _TOOK_S

    def ran(self, subject: Subject) -> bool:
        """Whether a job, or a test, ran."""
        if subject.level is Level.TEST and subject.job in self.dead:
            return False
        return not self.skipped or subject.job in _CATEGORIES


class World:
    """Everything that happened, in order; what failed is drawn as it happens."""

    def __init__(self, seed: int, days: int = 30) -> None:
        self._random = Random(seed)  # noqa: S311
        self.organisation: Organisation = drawn(self._random)
        self._stop = START + days * DAY_S
        self._faults: list[Fault] = []
        self._own: dict[str, list[Fault]] = defaultdict(list)
        self._news = 0
        self.executions: list[Execution] = []
        self.authors: dict[str, int] = {}
        self._happen()

    def _happen(self) -> None:
        self._outages()
        self._upstream()
        commits = list(self._times(self.organisation.nature.commits_a_day))
        self._breaks(commits)
        pushes = [(time, BASE, f"base{place}") for place, time in enumerate(commits)]
        for number, time in enumerate(self._times(self.organisation.nature.requests_a_day)):
            pushes += self._request(f"request {number}", time)
        for time, line, sha in sorted(pushes):
            self._run(time, line, sha)
        self.executions.sort(key=lambda one: one.time)

    def _times(self, a_day: float) -> Iterator[int]:
        time = float(START)
        while (time := time + self._random.expovariate(a_day / DAY_S)) < self._stop:
            # Nights and weekends are quiet.
            hour = (time // HOUR_S) % 24
            if hour in _DAY or likely(self._random, 0.15):
                yield int(time)

    def _message(self, what: str) -> str:
        """A message of its own, or one that others have, too."""
        if likely(self._random, self.organisation.nature.says_known):
            return generic(self._random)
        self._news += 1
        return f"{what} {self._news}"

    def _outages(self) -> None:
        nature = self.organisation.nature
        for time in self._events(nature.outage_days):
            until = time + int(self._random.expovariate(1 / nature.outage_hours) * HOUR_S) + 1_200
            category = self._random.choice(("network", "infrastructure", "dependency", "network"))
            hit = self._random.sample(
                self.organisation.jobs, self._random.randint(1, len(self.organisation.jobs))
            )
            message = (
                f"{category} {self._random.randrange(4)}"
                if likely(self._random, 0.5)
                else self._message("outage")
            )
            subjects = frozenset(map(job, hit))
            self._faults.append(
                Fault(_OUTAGE, time, until, subjects, message, category, hits=nature.outage_hits)
            )

    def _upstream(self) -> None:
        """What others release breaks jobs or tests, of old commits and of new ones."""
        for time in self._events(self.organisation.nature.upstream_days):
            until = time + int(self._random.uniform(4, 30) * HOUR_S)
            subjects, category = self._damage()
            message = self._message("upstream")
            self._faults.append(Fault(_UPSTREAM, time, until, subjects, message, category))

    def _breaks(self, commits: list[int]) -> None:
        nature = self.organisation.nature
        for time in self._events(nature.break_days):
            since = next((one for one in commits if one >= time), None)
            if since is None:
                continue
            until = since + int(self._random.expovariate(1 / nature.repair_days) * DAY_S) + HOUR_S
            subjects, category = self._damage()
            each = likely(self._random, 0.4)
            self._faults.append(
                Fault(_BREAK, since, until, subjects, self._message("break"), category, each=each)
            )

    def _events(self, days: float) -> Iterator[int]:
        time = float(START)
        while (time := time + self._random.expovariate(1 / (days * DAY_S))) < self._stop:
            yield int(time)

    def _damage(self) -> tuple[frozenset[Subject], str]:
        """What a mistake in the code breaks: lint, the build, a job, or tests on all variants or on one."""
        random, organisation = self._random, self.organisation
        kind = random.choices(("lint", "build", "job", "tests"), (15, 15, 20, 50))[0]
        if kind in _CATEGORIES:
            return frozenset({job(kind)}), _CATEGORIES[kind]
        if kind == "job":
            few = random.randint(1, min(3, len(organisation.integration)))
            return frozenset(map(job, random.sample(organisation.integration, few))), "test"
        many = min(1 + int(random.expovariate(0.35)), organisation.tests)
        variants = organisation.variants
        if likely(random, 0.15):
            variants = (random.choice(variants),)
        first = random.randrange(organisation.tests)
        near = likely(random, 0.5)
        numbers = (
            [(first + step) % organisation.tests for step in range(many)]
            if near
            else random.sample(range(organisation.tests), many)
        )
        return frozenset(organisation.test(one, number) for one in variants for number in numbers), "test"

    def _request(self, line: str, time: int) -> Iterator[tuple[int, str, str]]:
        """The pushes of a pull request; one may break things, later ones repair them."""
        random, nature = self._random, self.organisation.nature
        pushes = 1 + min(int(random.expovariate(1 / nature.pushes)), 12)
        at = float(time)
        open_since: list[tuple[int, frozenset[Subject], str, str, bool]] = []
        for number in range(pushes):
            if at >= self._stop:
                break
            moment = int(at)
            for fault in [one for one in open_since if likely(random, 0.6)]:
                open_since.remove(fault)
                self._close(line, fault, moment)
            if likely(random, nature.change_breaks):
                subjects, category = self._damage()
                if likely(random, 0.1) and category == "test":
                    subjects = frozenset({self._new_test()})
                open_since.append((moment, subjects, self._message("mistake"), category, likely(random, 0.5)))
            yield moment, line, f"{line}.{number}"
            at += random.expovariate(1 / (5 * HOUR_S)) + 600
        for fault in open_since:
            self._close(line, fault, self._stop)
        self._stack(line, time)

    def _stack(self, line: str, time: int) -> None:
        """Some requests contain another one of the same author that was open then, with its mistakes."""
        random, nature = self._random, self.organisation.nature
        self.authors[line] = random.randrange(nature.authors)
        if not likely(random, nature.stacked):
            return
        open_then = [
            (other, fault) for other, faults in self._own.items() if other != line
            for fault in faults if fault.since <= time < fault.until
        ]  # fmt: skip
        if open_then:
            other, fault = random.choice(open_then)
            self.authors[line] = self.authors.get(other, 0)
            self._own[line].append(fault)

    def kin(self, line: str) -> frozenset[str]:
        """Other lines of the same author."""
        return frozenset(
            other
            for other, author in self.authors.items()
            if other != line and author == self.authors.get(line)
        )

    def _new_test(self) -> Subject:
        self._news += 1
        number = self.organisation.tests + self._news
        return self.organisation.test(self._random.choice(self.organisation.variants), number)

    def _close(self, line: str, fault: tuple[int, frozenset[Subject], str, str, bool], until: int) -> None:
        since, subjects, message, category, each = fault
        self._own[line].append(Fault(_OWN, since, until, subjects, message, category, each=each))

    def _run(self, time: int, line: str, sha: str) -> None:
        run_id = len(self.executions) + 1
        first = self._executed(Execution(run_id, 1, time, sha, line), time)
        self.executions.append(first)
        if first.reds and likely(self._random, self.organisation.nature.rerun):
            later = first.ended + int(self._random.expovariate(1 / HOUR_S))
            self.executions.append(self._executed(Execution(run_id, 2, later, sha, line), time))

    def _executed(self, done: Execution, built: int) -> Execution:
        """An attempt with its failures; what is of the code is that of the time when it was `built`."""
        for fault in (*self._faults, *self._own.get(done.line, ())):
            moment = done.time if Cause.ELSEWHERE in fault.causes else built
            if fault.since <= moment < fault.until:
                self._hit(done, fault, built)
        for subject, flaking in self.organisation.flakes.items():
            if likely(self._random, flaking.rate):
                self._add(done, subject, _FLAKE, self._random.choice(flaking.messages), flaking.category)
        for name in self.organisation.jobs:
            if likely(self._random, self.organisation.nature.machinery):
                category = self._random.choices(*zip(*MACHINERY, strict=True))[0]
                self._add(done, job(name), _MACHINERY, f"{category} {self._random.randrange(4)}", category)
        self._settle(done)
        return done

    def _hit(self, done: Execution, fault: Fault, built: int) -> None:
        causes = fault.causes
        if done.line == BASE and causes == _BREAK and built == fault.since:
            causes = _OWN
        for subject in sorted(fault.subjects):
            if likely(self._random, fault.hits):
                message = f"{fault.message} {subject.name}" if fault.each else fault.message
                self._add(done, subject, causes, message, fault.category)

    def _add(
        self, done: Execution, subject: Subject, causes: frozenset[Cause], message: str, category: str
    ) -> None:
        """Note a failure; where two causes meet, the first one speaks."""
        nature, random = self.organisation.nature, self._random
        known = done.reds.get(subject)
        if known is not None:
            done.reds[subject] = Red(
                known.signature, known.category, known.causes | causes, known.path, known.touched
            )
            return
        if likely(random, nature.says_nothing) and subject.level is Level.JOB:
            message = category = ""
        if likely(random, nature.miscategorised):
            category = random.choice(("unknown", "unknown", "test", "build", "timeout"))
        touches = nature.touched if causes == _OWN else nature.touched_by_chance
        path = f"src/{subject.name or subject.job}" if likely(random, nature.has_path) else ""
        done.reds[subject] = Red(message, category or "unknown", causes, path, likely(random, touches))

    def _settle(self, done: Execution) -> None:
        """Where the build fails nothing behind it runs; where a job fails by itself its tests say nothing."""
        done.skipped = job("build") in done.reds
        done.dead = frozenset(subject.job for subject in done.reds if subject.level is Level.JOB)
        done.reds = {subject: red for subject, red in done.reds.items() if done.ran(subject)}
