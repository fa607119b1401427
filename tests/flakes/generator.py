"""Ninety days of CI whose truth is known: which test flaked, broke or suffered an outage, and when.

Whatever it serves as history it also writes down as plain facts, for the oracle to read.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from etl.demo.history import (
    Annotation,
    Artifact,
    Attempt,
    History,
    Inheritance,
    Job,
    Repository,
    Run,
    Workflow,
)
from etl.demo.suites import Case, Planned, archive, report

DAY, HOUR = 86_400, 3_600
CI, NIGHTLY, PULLS = "CI", "Nightly", "Pull requests"
MESSAGE = "TimeoutError: no answer"
BROWSERS = ("chromium", "firefox", "webkit")
FLAKY, BROKEN = 40, 10
# Tests by the job that runs them; they are 2,000.
SIZES = {"unit": 1_200, "e2e": 300, "browser": 100, "nightly": 380, "integration": 20}
FLAKY_IN = {"unit": 20, "e2e": 7, "browser": 5, "nightly": 6, "integration": 2}
OUTAGE, CANCELLED = 17, 23


@dataclass(frozen=True, slots=True)
class Result:
    """A result as a report holds it; `suite` is empty for one that only an annotation tells of."""

    suite: str
    test: str
    failed: bool = False
    skipped: bool = False
    retried: bool = False


@dataclass(frozen=True, slots=True)
class Executed:
    """An execution of a job, as the oracle takes it."""

    workflow: str
    event: str
    branch: str
    run: int
    attempt: int
    sha: str
    job: int
    name: str
    group: str
    ended: int
    seconds: int
    conclusion: str
    results: tuple[Result, ...]
    annotated: tuple[str, ...] = ()

    @property
    def counts(self) -> bool:
        """Whether it counts in the success rate."""
        return self.conclusion in ("success", "failure", "timed_out")


@dataclass(slots=True)
class Truth:
    """A history, and everything that was executed in it."""

    history: History
    executed: list[Executed] = field(default_factory=list)
    rates: dict[str, float] = field(default_factory=dict)
    broken: dict[str, range] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """When all of it is over (Unix seconds)."""
        return max(execution.ended for execution in self.executed) + HOUR


class Generator:
    """Makes a history of so many commits, 36 hours apart."""

    def __init__(self, *, seed: int, begin: int, commits: int = 60, scale: float = 1.0) -> None:
        self._random = Random(seed)  # noqa: S311
        self._begin, self._commits = begin, commits
        self._ids = iter(range(50_000, 10_000_000))
        flows = [
            Workflow(at, name, f".github/workflows/{at}.yml")
            for at, name in enumerate((CI, NIGHTLY, PULLS), 1)
        ]
        self._flows = {flow.name: flow.id for flow in flows}
        self._repository = Repository(42, "acme/rocket", flows)
        self.truth = Truth(History([self._repository]))
        self._tests = {
            job: [f"test_{job}_{n}" for n in range(int(size * scale))] for job, size in SIZES.items()
        }
        self._tests["integration"] = [f"TestCase{n}" for n in range(SIZES["integration"])]
        self._plan()

    def _plan(self) -> None:
        """The first tests of each job are flaky, at rates from 0.5 % to 30 %; then come broken ones."""
        names = [name for job, count in FLAKY_IN.items() for name in self._tests[job][:count]]
        self._random.shuffle(names)
        self.truth.rates = {name: 0.005 * 60 ** (at / (FLAKY - 1)) for at, name in enumerate(names)}
        for at in range(BROKEN):
            start = self._random.randrange(self._commits - 2)
            name = self._tests[("unit", "e2e", "nightly")[at % 3]][30 + at]
            self.truth.broken[name] = range(start, start + self._random.randint(1, 12))

    def build(self) -> Truth:
        """The whole history."""
        for commit in range(self._commits):
            moment = self._begin + commit * 36 * HOUR
            sha = f"{self._random.getrandbits(160):040x}"
            self._run(CI, "push", "main", moment, sha, commit)
            if commit % 5 == 2:
                # The same commit on a branch of its own: soon, or too late to say anything.
                later = moment + (2 * HOUR if commit % 2 else 4 * DAY)
                self._run(CI, "push", "release", later, sha, commit)
            if commit % 3 == 0:
                for base, later in enumerate((HOUR, 3 * HOUR)):
                    pull = f"{sha[:30]}{'0' * 10}"
                    self._run(PULLS, "pull_request", "topic", moment + later, pull, commit, base=base)
            for night in (8 * HOUR, 32 * HOUR):
                self._run(NIGHTLY, "schedule", "main", moment + night, sha, commit)
        self._repository.runs.sort(key=lambda run: run.created_at)
        return self.truth

    def _run(
        self, flow: str, event: str, branch: str, moment: int, sha: str, commit: int, base: int = 0
    ) -> None:
        run = next(self._ids)
        attempts: list[Attempt] = []
        known: list[Job] = []
        started = moment
        while len(attempts) < 3:
            jobs = []
            whole = not attempts or self._random.random() < 0.15
            way = self._random.choice(list(Inheritance))
            for name in self._names(flow):
                earlier = next((job for job in known if job.name == name), None)
                if earlier is None or whole or earlier.conclusion != "success":
                    number = len(attempts) + 1
                    job = self._job(flow, event, branch, run, number, name, started, sha, commit, base)
                    known = [one for one in known if one.name != name] + [job]
                else:
                    job = self._inherited(earlier, way, started)
                jobs.append(job)
            attempts.append(Attempt(started, tuple(jobs)))
            delay = self._random.choice((HOUR, 5 * HOUR, 2 * DAY, 8 * DAY))
            if all(job.conclusion == "success" for job in known) or self._random.random() < 0.2:
                break
            # Some are re-run after more than the week within which that is evidence.
            started = max(job.completed_at or 0 for job in known) + (HOUR if commit == OUTAGE else delay)
        self._repository.runs.append(
            Run(run, run, self._flows[flow], moment, tuple(attempts), event, branch, sha)
        )

    def _names(self, flow: str) -> list[str]:
        shards = [f"e2e (shard {number}/3)" for number in (1, 2, 3)]
        return {
            CI: ["unit (linux)", "unit (mac)", *shards, "browser", "integration"],
            NIGHTLY: ["nightly"],
            PULLS: ["unit (linux)"],
        }[flow]

    def _inherited(self, job: Job, way: Inheritance, started: int) -> Job:
        created = started + 1 if way is Inheritance.RECREATE else job.created_at
        return Job(
            next(self._ids),
            job.name,
            created,
            job.started_at,
            job.completed_at,
            job.conclusion,
            inherited=way,
        )

    def _job(
        self,
        flow: str,
        event: str,
        branch: str,
        run: int,
        attempt: int,
        name: str,
        started: int,
        sha: str,
        commit: int,
        base: int,
    ) -> Job:
        number, begun, seconds = next(self._ids), started + 10, self._random.randint(60, 900)
        outage = commit == OUTAGE and flow == CI and name.startswith("unit")
        cases = self._dealt(flow, name, sha, attempt)
        results = [self._result(case, commit, base, outage=outage, attempt=attempt) for case in cases]
        if name == "browser":
            results = list(self._browsers(commit))
        told: tuple[str, ...] = ()
        if name == "integration":
            told = tuple(result.test for result in results if result.failed)
            results = []
        red = bool(told) or any(result.failed for result in results)
        conclusion = "failure" if red else "success"
        if commit == CANCELLED and attempt == 1 and name == "unit (mac)":
            conclusion = "cancelled"
        executed = Executed(
            workflow=flow,
            event=event,
            branch=_branch_tag(event, branch),
            run=run,
            attempt=attempt,
            sha=sha,
            job=number,
            name=name,
            group=name.split(" (", maxsplit=1)[0],
            ended=begun + seconds,
            seconds=seconds,
            conclusion=conclusion,
            results=tuple(results),
            annotated=told,
        )
        self.truth.executed.append(executed)
        artifacts = self._artifacts(name, results, begun + seconds - 5)
        notes = tuple(Annotation(f"{test} - {MESSAGE}") for test in told)
        return Job(
            number, name, started, begun, begun + seconds, conclusion, annotations=notes, artifacts=artifacts
        )

    def _dealt(self, flow: str, name: str, sha: str, attempt: int) -> list[str]:
        """The tests that a job runs; shards deal them anew in each attempt."""
        kind = name.split(" (", maxsplit=1)[0]
        tests = self._tests[kind]
        if flow == PULLS:
            return [*tests[:50], "test_base_only"]
        if name == "unit (mac)":
            return tests[: len(tests) // 3]
        if kind != "e2e":
            return tests
        dealt = Random(f"{sha} {attempt}")  # noqa: S311
        shard = int(name[len("e2e (shard ")])
        return [test for test in tests if dealt.randint(1, 3) == shard]

    def _result(self, test: str, commit: int, base: int, *, outage: bool, attempt: int) -> Result:
        suite = f"suite of {test.rsplit('_', 1)[0]}"
        if commit in self.truth.broken.get(test, ()) or (test == "test_base_only" and base == 0):
            return Result(suite, test, failed=True)
        chance = self.truth.rates.get(test, 0.0)
        if outage:
            # The re-run heals it.
            chance = 0.97 if attempt == 1 else 0.0
        failed = self._random.random() < chance
        if failed and test.startswith("test_nightly"):
            # It is tried once more at once.
            failed = self._random.random() < chance
            return Result(suite, test, failed=failed, retried=not failed)
        skipped = not failed and test.endswith("_299")
        return Result(suite, test, failed=failed, skipped=skipped)

    def _browsers(self, commit: int) -> Iterator[Result]:
        """Each browser runs the same tests; one of them never passes in WebKit."""
        for browser in BROWSERS:
            for test in self._tests["browser"]:
                only = test == self._tests["browser"][-1] and browser == "webkit" and commit % 2 == 0
                failed = only or self._random.random() < self.truth.rates.get(test, 0.0)
                yield Result("login.spec.ts", test, failed=failed)

    def _artifacts(self, name: str, results: list[Result], uploaded: int) -> tuple[Artifact, ...]:
        if not results:
            return ()
        size = len(results) // len(BROWSERS) if name == "browser" else len(results)
        files = [
            (f"reports/{at}/junit.xml", report([_case(result) for result in results[at : at + size]]))
            for at in range(0, len(results), size)
        ]
        words = "-".join(name.replace("(", "").replace(")", "").replace("/", "-").split())
        return (Artifact(next(self._ids), f"junit-{words}", uploaded, archive(files)),)


def _case(result: Result) -> Case:
    plan = Planned(result.suite, result.test)
    return Case(plan, result.failed, 0.5, MESSAGE, retries=1 if result.retried else 0, skipped=result.skipped)


def _branch_tag(event: str, branch: str) -> str:
    if event == "pull_request":
        return "(pull request)"
    return branch if branch == "main" else "(other)"
