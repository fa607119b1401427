"""Typed records of what GitHub's REST API sends, one class an entity.

Times are whole Unix seconds in UTC, None where GitHub sent none or nonsense.
Source: GitHub's REST API reference: workflow runs, workflow jobs, check runs, repositories.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it is called now; `id` stays the same through renames."""

    id: int
    full_name: str
    default_branch: str
    private: bool
    archived: bool = False


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation of a GitHub App, for the user or organisation `login`."""

    id: int
    login: str
    suspended: bool


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow: its name changes, its id does not."""

    id: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of a workflow run: the latest one in listings, a given one where asked by number.

    `created_at` is the run's, `started_at` the attempt's; `fork` tells that the head commit lives in
    another repository than the run, whose owner is `head_owner`. `pull_request` is the number of the one whose newest
    commit it tests; 0 if GitHub names none, as for forks. `numbered`: the server counts attempts (Gitea sends 0 for
    each run). `check_suite_node` is the id of the run's check suite in GitHub's GraphQL API, empty where it names
    none.
    """

    id: int
    number: int
    attempt: int
    workflow_id: int
    workflow_name: str
    path: str
    check_suite_id: int | None
    event: str
    status: str
    conclusion: str | None
    head_sha: str
    head_branch: str
    fork: bool
    actor: str
    created_at: int
    started_at: int | None
    updated_at: str
    url: str
    has_previous_attempt: bool
    numbered: bool = True
    head_owner: str = ""
    pull_request: int = 0
    check_suite_node: str = ""

    @property
    def completed(self) -> bool:
        """Whether this attempt has ended."""
        return self.status == "completed"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job."""

    number: int
    name: str
    conclusion: str | None
    started_at: int | None
    completed_at: int | None


@dataclass(frozen=True, slots=True)
class Job:
    """One job as an attempt of a run lists it: executed there, or inherited from an earlier one.

    `taken`: a runner took it, so that its times are those of an execution. `is_check`: a check run of a
    reporter or another App, which GitHub lists among the jobs of a run of its commit.
    """

    id: int
    run_id: int
    attempt: int
    name: str
    status: str
    conclusion: str | None
    created_at: int | None
    started_at: int | None
    completed_at: int | None
    labels: tuple[str, ...]
    steps: tuple[Step, ...]
    url: str
    broken_steps: int = 0
    taken: bool = True
    is_check: bool = False

    @property
    def completed(self) -> bool:
        """Whether this job has ended."""
        return self.status == "completed"


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation of a check run; a job's id is its check run's id."""

    level: str
    message: str
    title: str
    path: str
    line: int | None


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run as its suite lists it: which job it is, and how many annotations it has."""

    id: int
    annotations: int


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact of a run: GitHub says neither which attempt nor which job uploaded it.

    `size` is in bytes, as its download will have them. `run_id` is None where GitHub names no run.
    """

    id: int
    name: str
    size: int
    expired: bool
    created_at: int
    run_id: int | None

    @property
    def path(self) -> str:
        """Where its content is asked for, below the repository."""
        return f"/actions/artifacts/{self.id}/zip"
