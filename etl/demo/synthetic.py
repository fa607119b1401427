"""A synthetic history of a busy project, reproducible from its seed.

It has what real projects have: an unreliable workflow, a job that gets slower, an outage of one afternoon,
full and partial re-runs, cancelled, skipped and timed-out jobs, forks, nightly schedules.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from etl.demo.history import (
    DAY_S,
    Annotation,
    Artifact,
    Attempt,
    History,
    Inheritance,
    Job,
    Log,
    Repository,
    Run,
    Step,
    Workflow,
)
from etl.demo.plans import PLANS, Plan
from etl.demo.suites import Case, archive, execute, report

_BEGIN = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
_HOUR_S = 3_600
_ACTORS = ("ada", "grace", "linus", "margaret", "renovate[bot]")


def synthetic(*, seed: int = 1, days: int = 28, pushes: int = 9) -> History:
    """`days` days of `acme/rocket`, with about `pushes` pushes and pull requests on a weekday."""
    return History([_Builder(Random(seed), days, pushes).build()])  # noqa: S311


@dataclass(slots=True)
class _Builder:
    random: Random
    days: int
    pushes: int
    next_id: int = 9_000_000
    workflows: list[Workflow] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)

    def build(self) -> Repository:
        self.workflows = [Workflow(self.new_id(), name, path) for name, (path, _) in PLANS.items()]
        for day in range(self.days):
            self._day(day)
        self.runs.sort(key=lambda run: run.created_at)
        return Repository(42, "acme/rocket", self.workflows, self.runs)

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def _day(self, day: int) -> None:
        midnight = _BEGIN + day * DAY_S
        weekend = day % 7 in (5, 6)
        self._run("Nightly", midnight + 2 * _HOUR_S, day, event="schedule")
        for _ in range(self.pushes // 5 if weekend else self.pushes):
            self._change(midnight + int(self.random.triangular(7, 21, 14) * _HOUR_S), day)

    def _change(self, moment: int, day: int) -> None:
        """A push to main, or a pull request with its runs; some are superseded and cancelled."""
        pull = self.random.random() < 0.7  # noqa: PLR2004
        event, branch = (
            ("pull_request", f"feature-{self.random.randint(1, 60)}") if pull else ("push", "main")
        )
        fork = pull and self.random.random() < 0.3  # noqa: PLR2004
        cancelled = pull and self.random.random() < 0.1  # noqa: PLR2004
        sha = f"{self.random.getrandbits(160):040x}"
        for name in ("CI", "Integration", *(["Docs"] if self.random.random() < 0.4 else [])):  # noqa: PLR2004
            self._run(name, moment, day, event=event, branch=branch, fork=fork, sha=sha, cancelled=cancelled)

    def _run(
        self,
        name: str,
        moment: int,
        day: int,
        *,
        event: str,
        branch: str = "main",
        fork: bool = False,
        sha: str = "",
        cancelled: bool = False,
    ) -> None:
        first = self._first_attempt(name, moment + 2, day, cancelled=cancelled)
        attempts = [first]
        if first.outcome == "failure" and self.random.random() < 0.5:  # noqa: PLR2004
            attempts.append(self._again(name, first, day))
        number = 1 + sum(run.workflow_id == self._workflow_id(name) for run in self.runs)
        self.runs.append(
            Run(
                self.new_id(),
                number,
                self._workflow_id(name),
                moment,
                tuple(attempts),
                event,
                branch,
                sha or f"{self.random.getrandbits(160):040x}",
                self.random.choice(_ACTORS),
                fork,
            )
        )

    def _workflow_id(self, name: str) -> int:
        return next(workflow.id for workflow in self.workflows if workflow.name == name)

    def _first_attempt(self, name: str, started: int, day: int, *, cancelled: bool) -> Attempt:
        if name == "CI" and self.random.random() < 0.004:  # noqa: PLR2004
            return Attempt(started, (), "startup_failure")
        jobs: list[Job] = []
        for plan in PLANS[name][1]:
            if plan.needs and any(job.conclusion != "success" for job in jobs):
                jobs.append(self._skipped(plan, started))
            else:
                begun = max((job.completed_at or started for job in jobs), default=started)
                jobs.append(self._job(plan, begun if plan.needs else started, day, cancelled=cancelled))
        return Attempt(started, tuple(jobs))

    def _again(self, name: str, first: Attempt, day: int) -> Attempt:
        """A re-run, usually of only the failed jobs; sometimes days later."""
        assert first.ended_at is not None
        delay = self.random.choice((600, 1_800, 7_200, 2 * DAY_S))
        started = first.ended_at + delay
        whole = self.random.random() < 0.25  # noqa: PLR2004
        way = self.random.choice(list(Inheritance))
        plans = {plan.name: plan for plan in PLANS[name][1]}
        jobs = [
            self._job(plans[job.name], started, day, healed=True)
            if whole or job.conclusion != "success"
            else self._inherited(job, started, way)
            for job in first.jobs
        ]
        return Attempt(started, tuple(jobs))

    def _inherited(self, job: Job, started: int, way: Inheritance) -> Job:
        created = started + 1 if way is Inheritance.RECREATE else job.created_at
        return Job(
            self.new_id(),
            job.name,
            created,
            job.started_at,
            job.completed_at,
            job.conclusion,
            job.labels,
            job.steps,
            inherited=way,
        )

    def _skipped(self, plan: Plan, started: int) -> Job:
        return Job(self.new_id(), plan.name, started, started, started, "skipped", plan.labels)

    def _job(
        self, plan: Plan, created: int, day: int, *, cancelled: bool = False, healed: bool = False
    ) -> Job:
        queued = int(self.random.expovariate(1 / (45 if "self-hosted" in plan.labels else 6)))
        started = created + 1 + queued
        seconds = max(5, int(plan.seconds * (1 + plan.growth * day) * self.random.lognormvariate(0, 0.15)))
        rate = plan.failure_rate * (0.3 if healed else 1.0)
        rate = 0.9 if self._outage(plan, started) else rate
        cases = execute(
            self.random, plan.tests, day=day, outage=self._outage(plan, started), retries=plan.retries
        )
        red = self.random.random() < rate or any(case.red for case in cases)
        conclusion = "failure" if red else "success"
        if cancelled:
            conclusion, seconds = "cancelled", seconds // 3
        elif conclusion == "failure" and self.random.random() < 0.05:  # noqa: PLR2004
            conclusion, seconds = "timed_out", seconds * 3
        notes = self._annotations(plan, started, conclusion, cases)
        told, notes = (notes[0].message, notes[1:]) if plan.log and len(notes) > 1 else ("", notes)
        return Job(
            self.new_id(),
            plan.name,
            created,
            started,
            started + seconds,
            conclusion,
            plan.labels,
            self._steps(plan, started, seconds, conclusion),
            notes,
            () if cancelled else self._artifacts(plan, started + int(seconds * 0.95), cases),
            log=Log(plan.log.replace("{message}", told) if told else ""),
        )

    def _artifacts(self, plan: Plan, uploaded: int, cases: list[Case]) -> tuple[Artifact, ...]:
        """The test report, uploaded under a name that identifies its job."""
        if not cases:
            return ()
        words = plan.name.replace("(", "").replace(")", "").replace(",", "").split()
        content = archive([("reports/junit.xml", report(cases))])
        return (Artifact(self.new_id(), "-".join(("test-results", *words)), uploaded, content),)

    def _outage(self, plan: Plan, moment: int) -> bool:
        """Whether the registry is unavailable: one afternoon in the last quarter of the history."""
        afternoon = _BEGIN + (self.days * 3 // 4) * DAY_S + 14 * _HOUR_S
        return "large" in plan.labels and afternoon <= moment < afternoon + 3 * _HOUR_S

    def _steps(self, plan: Plan, started: int, seconds: int, conclusion: str) -> tuple[Step, ...]:
        steps, moment = [], started
        for name, share in plan.steps:
            ended = moment + int(seconds * share)
            broken = name == "Run" and conclusion != "success"
            outcome = {"timed_out": "cancelled"}.get(conclusion, conclusion) if broken else "success"
            steps.append(Step(name, moment, ended, outcome))
            moment = ended
        return tuple(steps)

    def _annotations(
        self, plan: Plan, started: int, conclusion: str, cases: list[Case]
    ) -> tuple[Annotation, ...]:
        if conclusion == "timed_out":
            return (Annotation("The job has exceeded the maximum execution time of 6h0m0s"),)
        if conclusion != "failure":
            return ()
        if any(case.red for case in cases):
            return (Annotation("Process completed with exit code 1."),)
        if self._outage(plan, started):
            message = "Failed to pull image registry.local/rocket:{h}{h}: i/o timeout"
        else:
            message = self.random.choice(plan.messages)
        text = message.replace("{n}", str(self.random.randint(1, 9)))
        while "{h}" in text:
            text = text.replace("{h}", f"{self.random.getrandbits(24):06x}", 1)
        path = f"src/{plan.name.split()[0]}.go"
        return (
            Annotation(text, path=path, line=self.random.randint(1, 400)),
            Annotation("Process completed with exit code 1."),
        )
