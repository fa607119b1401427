"""A history of CI whose truth is known: what each test is, and what each execution told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
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
from etl.demo.suites import Case, Planned, archive, execute, report
from tests.pipeline.truth_plans import CI, NIGHTLY, OF_A_BASE, OF_A_BROWSER, SHARDS, Commit, Plan, here, plans
from tests.pipeline.world import DAY, HOUR, NAME, NOON

_DELAYS = (600, 600, HOUR, 2 * HOUR, 2 * DAY, 8 * DAY)
_MAX_ATTEMPT_S = HOUR


@dataclass(slots=True)
class Truth:
    """The history with what it does not tell, or only tells in reports.

    `results` are the cases of each job's report in their order, by job id, for jobs that have one;
    `annotated` those that annotations tell of in jobs that have none. Natures are sets of tests, by
    suite and name.
    """

    history: History
    end: int
    results: dict[int, list[Case]] = field(default_factory=dict)
    annotated: dict[int, list[Case]] = field(default_factory=dict)
    flaky: set[tuple[str, str]] = field(default_factory=set)
    broken: set[tuple[str, str]] = field(default_factory=set)
    of_a_browser: set[tuple[str, str]] = field(default_factory=set)
    of_a_base: set[tuple[str, str]] = field(default_factory=set)
    healthy: set[tuple[str, str]] = field(default_factory=set)
    outage: range = range(0)

    @property
    def runs(self) -> list[Run]:
        """All runs."""
        return self.history.repositories[0].runs


def truth(seed: int, *, days: int = 90, tests: int = 2_000, pushes: float = 0.75) -> Truth:
    """So many days before the worlds' noon, with about so many pushes a day and so many distinct tests."""
    return _Builder(Random(seed), days, tests, pushes).build()  # noqa: S311


@dataclass(slots=True)
class _Builder:
    random: Random
    days: int
    tests: int
    pushes: float
    next_id: int = 1_000_000
    plans: dict[int, list[Plan]] = field(default_factory=dict)
    made: Truth = field(default_factory=lambda: Truth(History([Repository(42, NAME, [CI, NIGHTLY])]), NOON))

    def build(self) -> Truth:
        self.plans = plans(self.random, self.days, self.tests)
        self._note({test for jobs in self.plans.values() for plan in jobs for test in plan.tests})
        self.made.outage = range(self._at(self.days * 3 // 4, 13), self._at(self.days * 3 // 4, 18))
        for day in range(self.days - 1):
            self._day(day)
        self.made.runs.sort(key=lambda run: run.created_at)
        return self.made

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def _at(self, day: int, hour: float) -> int:
        return self.made.end - self.days * DAY - 12 * HOUR + day * DAY + int(hour * HOUR)

    def _note(self, tests: Iterable[Planned]) -> None:
        for test in tests:
            natures = (
                (test.rate > 0, self.made.flaky),
                (bool(test.broken), self.made.broken),
                (test in OF_A_BROWSER, self.made.of_a_browser),
                (test in OF_A_BASE, self.made.of_a_base),
                (True, self.made.healthy),
            )
            next(tests for holds, tests in natures if holds).add((test.suite, test.name))

    def _day(self, day: int) -> None:
        afternoon = self.days * 3 // 4 == day
        if day % 18 < 2:
            # Two nights in a row test the same commit.
            nightly = Commit(f"{day // 18:040x}", day - day % 18)
            self._run(NIGHTLY, nightly, self._at(day, 2), "schedule", "main")
        count = 3 if afternoon else int(self.pushes + self.random.random())
        for n in range(count):
            hour = 13.2 + 1.5 * n if afternoon else self.random.uniform(7, 19)
            self._push(Commit(f"{self.random.getrandbits(160):040x}", day), self._at(day, hour))
        if self.random.random() < self.pushes * 0.2:
            self._pull_request(day, self._at(day, self.random.uniform(7, 19)))

    def _push(self, commit: Commit, moment: int) -> None:
        self._run(CI, commit, moment, "push", "main")
        if self.random.random() < 0.3:
            delay = self.random.choice((300, 5 * HOUR, DAY, 2 * DAY, 4 * DAY))
            self._run(CI, commit, moment + delay, "push", "release/1")

    def _pull_request(self, day: int, moment: int) -> None:
        """The same commit against two bases."""
        sha = f"{self.random.getrandbits(160):040x}"
        for delay, old in ((0, False), (self.random.choice((30, HOUR, DAY)), True)):
            self._run(CI, Commit(sha, day, old), moment + delay, "pull_request", "feature")

    def _run(self, workflow: Workflow, commit: Commit, moment: int, event: str, branch: str) -> None:
        if moment + 2 * _MAX_ATTEMPT_S > self.made.end:
            return
        cancelled = self.random.random() < 0.05
        attempts = [self._attempt(workflow, commit, moment + 2, (), cancelled=cancelled)]
        while len(attempts) < 4 and attempts[-1].outcome != "success" and self.random.random() < 0.75:
            started = (attempts[-1].ended_at or 0) + self.random.choice(_DELAYS)
            if started + _MAX_ATTEMPT_S > self.made.end:
                break
            whole = self.random.random() < 0.2
            before = () if whole else attempts[-1].jobs
            attempts.append(self._attempt(workflow, commit, started, before))
        number = 1 + sum(run.workflow_id == workflow.id for run in self.made.runs)
        self.made.runs.append(
            Run(self.new_id(), number, workflow.id, moment, tuple(attempts), event, branch, commit.sha)
        )

    def _attempt(
        self,
        workflow: Workflow,
        commit: Commit,
        started: int,
        before: Sequence[Job],
        *,
        cancelled: bool = False,
    ) -> Attempt:
        """All jobs; in a partial re-run those alone that did not succeed `before`."""
        way = self.random.choice(list(Inheritance))
        inherited = {job.name: job for job in before if job.conclusion == "success"}
        # Shards trade tests from one attempt to the next.
        shard_of = {
            test.name: self.random.randrange(SHARDS)
            for plan in self.plans[workflow.id]
            for test in plan.tests
        }
        jobs: list[Job] = []
        for plan in self.plans[workflow.id]:
            if plan.name in inherited:
                jobs.append(self._inherited(inherited[plan.name], started, way))
                continue
            number = int(plan.name[-4]) - 1 if plan.shards > 1 else 0
            mine = [test for test in plan.tests if plan.shards == 1 or shard_of[test.name] == number]
            jobs.append(self._job(replace(plan, tests=mine), commit, started, cancelled=cancelled))
        if workflow is CI:
            jobs.append(self._deploy(jobs))
        return Attempt(started, tuple(jobs))

    def _inherited(self, job: Job, started: int, way: Inheritance) -> Job:
        created = started + 1 if way is Inheritance.RECREATE else job.created_at
        return replace(job, id=self.new_id(), created_at=created, inherited=way)

    def _deploy(self, needs: Sequence[Job]) -> Job:
        """Skipped where anything before it failed."""
        begun = max(job.completed_at or 0 for job in needs)
        if any(job.conclusion != "success" for job in needs):
            return Job(self.new_id(), "deploy", begun, begun, begun, "skipped")
        return Job(self.new_id(), "deploy", begun, begun + 3, begun + 33)

    def _job(self, plan: Plan, commit: Commit, attempt_started: int, *, cancelled: bool) -> Job:
        number, started = self.new_id(), attempt_started + self.random.randint(3, 60)
        ended = started + self.random.randint(60, 1_500)
        outage = started in self.made.outage
        projects = self._executed(plan, commit, outage=outage and plan.reports)
        cases = [case for project in projects for case in project]
        conclusion = self._conclusion(cases, outage=outage, cancelled=cancelled)
        lost = conclusion == "timed_out" and self.random.random() < 0.5
        reports = plan.reports and bool(cases) and not lost
        if reports:
            self.made.results[number] = cases
        cases = [] if lost else cases
        if not plan.reports and conclusion in ("failure", "timed_out"):
            self.made.annotated[number] = [case for case in cases if case.red]
        return Job(
            number,
            plan.name,
            attempt_started + 1,
            started,
            ended,
            conclusion,
            annotations=self._annotations(plan, cases, conclusion),
            artifacts=(self._artifact(plan.name, ended - 10, projects),) if reports else (),
        )

    def _artifact(self, job: str, created: int, projects: Sequence[Sequence[Case]]) -> Artifact:
        words = "-".join(job.translate(str.maketrans("/", " ", "(),")).split())
        return Artifact(
            self.new_id(), f"junit-{words}", created, archive([("a/junit.xml", report(*projects))])
        )

    def _executed(self, plan: Plan, commit: Commit, *, outage: bool) -> list[list[Case]]:
        """The cases of each browser; now and then one is skipped."""
        return [
            [
                replace(case, red=False, retries=0, message="", skipped=True)
                if plan.reports and self.random.random() < 0.01
                else replace(case, error=plan.reports and bool(case.plan.broken))
                for case in execute(
                    self.random,
                    (here(test, commit, browser) for test in plan.tests),
                    day=commit.day,
                    outage=outage,
                    retries=plan.retries,
                )
            ]
            for browser in plan.browsers
        ]

    def _conclusion(self, cases: Sequence[Case], *, outage: bool, cancelled: bool) -> str:
        """A job may fail though all its tests passed, and be cancelled though they ran."""
        if cancelled or self.random.random() < 0.01:
            return "cancelled"
        if outage or any(case.red for case in cases) or self.random.random() < 0.02:
            return "timed_out" if self.random.random() < 0.06 else "failure"
        return "success"

    def _annotations(self, plan: Plan, cases: Sequence[Case], conclusion: str) -> tuple[Annotation, ...]:
        if conclusion not in ("failure", "timed_out"):
            return ()
        tests = () if plan.reports and not plan.annotates else cases
        told = [f"{case.plan.name} - {case.message}" for case in tests if case.red]
        if not any(case.red for case in cases):
            told.append("No space left on device")
        return (Annotation("Process completed with exit code 1."), *map(Annotation, told))
