"""A CI history as a timeline: what happened when, independent of the current time.

Times are Unix seconds in UTC. `docs/history-format.md` describes the recorded form.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from enum import StrEnum

DAY_S = 86_400


class Inheritance(StrEnum):
    """How a later attempt lists a job that an earlier one executed; all three were seen at GitHub."""

    KEEP = "keep"  # a new id, the old times
    OMIT = "omit"  # left out
    RECREATE = "recreate"  # a new id and creation time, the old start and completion


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a job."""

    name: str
    started_at: int | None
    completed_at: int | None
    conclusion: str = "success"


@dataclass(frozen=True, slots=True)
class Annotation:
    """An annotation of a job."""

    message: str
    level: str = "failure"
    path: str = ".github"
    line: int = 1
    title: str = ""


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact that a job uploaded; `content` is what a download returns."""

    id: int
    name: str
    created_at: int
    content: bytes = b""
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """A job's log: what its failed step wrote; it is there from `listed_at` on, and may have expired.

    With `content` it is that instead, piece by piece: a huge log needs no memory.
    """

    text: str = ""
    content: Callable[[], Iterable[bytes]] | None = None
    listed_at: int | None = None
    expired: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """An execution of a job, or (`inherited`) one that an earlier attempt executed.

    A job without a `runner` was taken by none; if it also has no labels, it is a reporter's check run, which
    GitHub lists among the jobs. It is listed from `listed_at` on, or from its creation. A job with a
    `decided_at` deploys to a protected environment and waits for an approval until then.
    """

    id: int
    name: str
    created_at: int
    started_at: int | None
    completed_at: int | None
    conclusion: str = "success"
    labels: tuple[str, ...] = ("ubuntu-latest",)
    steps: tuple[Step, ...] = ()
    annotations: tuple[Annotation, ...] = ()
    artifacts: tuple[Artifact, ...] = ()
    inherited: Inheritance | None = None
    runner: bool = True
    listed_at: int | None = None
    decided_at: int | None = None
    log: Log = Log()

    @property
    def is_check(self) -> bool:
        """Whether it is not a job but a check run listed among the jobs."""
        return not self.runner and not self.labels

    @property
    def taken(self) -> bool:
        """Whether a runner took it."""
        return self.runner and self.started_at is not None and self.conclusion != "skipped"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a run. Without a `conclusion`, its jobs decide."""

    started_at: int
    jobs: tuple[Job, ...] = ()
    conclusion: str | None = None

    @property
    def ended_at(self) -> int | None:
        """When the last job that it executed completed; None if one never does."""
        own = [job.completed_at for job in self.jobs if job.inherited is None and not job.is_check]
        if any(end is None for end in own):
            return None
        return max((end for end in own if end is not None), default=self.started_at)

    @property
    def outcome(self) -> str:
        """Its conclusion, by GitHub's rule if none is given."""
        if self.conclusion is not None:
            return self.conclusion
        conclusions = {job.conclusion for job in self.jobs if not job.is_check}
        for worst in ("failure", "timed_out", "cancelled"):
            if worst in conclusions:
                return "failure" if worst == "timed_out" else worst
        return "skipped" if conclusions == {"skipped"} else "success"


@dataclass(frozen=True, slots=True)
class Run:
    """A workflow run; at the `touched` times GitHub changes its `updated_at` for unrelated reasons.

    Without a `name`, it has the name of its workflow.
    """

    id: int
    number: int
    workflow_id: int
    created_at: int
    attempts: tuple[Attempt, ...]
    event: str = "push"
    head_branch: str = "main"
    head_sha: str = ""
    actor: str = "ada"
    fork: bool = False
    touched: tuple[int, ...] = ()
    name: str | None = None
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow."""

    id: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Check:
    """A check run that an App made for a commit."""

    id: int
    head_sha: str
    app: str
    name: str
    started_at: int
    completed_at: int | None
    conclusion: str = "success"
    suite: int = 1


@dataclass(frozen=True, slots=True)
class Status:
    """A commit status of a context: `pending`, `success`, `failure` or `error`."""

    id: int
    head_sha: str
    context: str
    state: str
    created_at: int


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request of a branch, or of one of that name in a fork; `sha` is its newest commit."""

    number: int
    branch: str
    sha: str
    created_at: int
    author: str = "ada"
    fork: bool = False
    is_open: bool = True


@dataclass(slots=True)
class Repository:
    """A repository with its complete history; tests change it while the server runs."""

    id: int
    full_name: str
    workflows: list[Workflow] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    default_branch: str = "main"
    private: bool = False
    archived: bool = False
    former_names: tuple[str, ...] = ()
    checks: list[Check] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    pull_requests: list[PullRequest] = field(default_factory=list)


@dataclass(slots=True)
class History:
    """Repositories with their complete histories."""

    repositories: list[Repository]

    def moments(self) -> Iterable[int]:
        """Every moment at which something happened."""
        for repository in self.repositories:
            for run in repository.runs:
                yield run.created_at
                for attempt in run.attempts:
                    yield attempt.started_at
                    for job in attempt.jobs:
                        yield from (t for t in (job.started_at, job.completed_at) if t is not None)

    @property
    def start(self) -> datetime:
        """The first moment."""
        return datetime.fromtimestamp(min(self.moments()), UTC)

    @property
    def end(self) -> datetime:
        """The last moment."""
        return datetime.fromtimestamp(max(self.moments()), UTC)


def ending(history: History, day: date) -> History:
    """The history shifted by whole days so that it ends on `day` (UTC)."""
    shift = (day - history.end.date()).days * DAY_S
    return History([_shifted_repository(repository, shift) for repository in history.repositories])


def _shifted_repository(repository: Repository, by: int) -> Repository:
    return replace(
        repository,
        runs=[_shifted_run(run, by) for run in repository.runs],
        checks=[
            replace(one, started_at=one.started_at + by, completed_at=_moved(one.completed_at, by))
            for one in repository.checks
        ],
        statuses=[replace(one, created_at=one.created_at + by) for one in repository.statuses],
        pull_requests=[replace(one, created_at=one.created_at + by) for one in repository.pull_requests],
    )


def _shifted_run(run: Run, by: int) -> Run:
    attempts = tuple(
        replace(
            attempt,
            started_at=attempt.started_at + by,
            jobs=tuple(_shifted_job(job, by) for job in attempt.jobs),
        )
        for attempt in run.attempts
    )
    touched = tuple(moment + by for moment in run.touched)
    return replace(run, created_at=run.created_at + by, attempts=attempts, touched=touched)


def _shifted_job(job: Job, by: int) -> Job:
    return replace(
        job,
        created_at=job.created_at + by,
        started_at=_moved(job.started_at, by),
        completed_at=_moved(job.completed_at, by),
        listed_at=_moved(job.listed_at, by),
        decided_at=_moved(job.decided_at, by),
        log=replace(job.log, listed_at=_moved(job.log.listed_at, by)),
        steps=tuple(
            replace(step, started_at=_moved(step.started_at, by), completed_at=_moved(step.completed_at, by))
            for step in job.steps
        ),
        artifacts=tuple(replace(item, created_at=item.created_at + by) for item in job.artifacts),
    )


def _moved(second: int | None, by: int) -> int | None:
    return None if second is None else second + by
