"""Parses Gitea's answers into records; pure.

Each function raises DataError if a required value is missing or of the wrong type. A time of 1970 is Gitea's
zero, and becomes None.
Source: Gitea 1.26, `modules/structs/repo_actions.go` and `services/convert`.
"""

from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, Final

from etl.errors import DataError
from etl.extract.github.records import parse_artifact
from etl.model.records import Artifact, Job, Repository, Run, Step, Workflow
from etl.model.values import iso_time, optional, required, seconds
from etl.settings import GITEA

COMPLETED: Final = "completed"
# The activity types of pull requests are events of their own at Gitea.
_EVENTS: Final = (
    ("pull_request_review", "pull_request_review"),
    ("pull_request_comment", "issue_comment"),
    ("pull_request_target", "pull_request_target"),
    ("pull_request", "pull_request"),
    ("issue_comment", "issue_comment"),
    ("issue", "issues"),
)
# An attempt's number and the ids of rows have to be small numbers.
_MAX_ATTEMPTS: Final = 1_000


@dataclass(frozen=True, slots=True)
class ListedRun:
    """A run as Gitea lists it: without its creation time, and without the number of its attempt.

    A re-run sets `started_at` and `completed_at` (Unix seconds) anew.
    """

    id: int
    number: int
    file: str
    ref: str
    event: str
    status: str
    conclusion: str | None
    head_sha: str
    head_branch: str
    actor: str
    started_at: int | None
    completed_at: int | None
    url: str

    @property
    def completed(self) -> bool:
        """Whether the run has ended."""
        return self.status == COMPLETED


@dataclass(frozen=True, slots=True)
class Task:
    """An execution of a job by a runner; it stays when a re-run overwrites the job.

    `conclusion` is None while it runs; `updated_at` (Unix seconds) is when it ended, or its log was stored.
    """

    id: int
    run_number: int
    name: str
    conclusion: str | None
    created_at: int
    updated_at: int | None


def parse_repository(raw: Any, server: str) -> Repository:
    """`GET /repos/{owner}/{repo}` of the server with this URL."""
    return Repository(
        id=_number("repository", server, required(raw, "id", int)),
        full_name=GITEA + required(raw, "full_name", str),
        default_branch=required(raw, "default_branch", str),
        private=optional(raw, "private", bool, default=True),
        archived=optional(raw, "archived", bool, default=False),
    )


def parse_workflow(raw: Any) -> Workflow:
    """An item of `GET …/actions/workflows`: its id is the file's name."""
    file = required(raw, "id", str)
    return Workflow(
        id=workflow_id(file),
        name=optional(raw, "name", str, default="") or file,
        path=optional(raw, "path", str, default=""),
    )


def workflow_id(file: str) -> int:
    """The id of the workflow in a file."""
    return _number("workflow", file)


def parse_run(raw: Any) -> ListedRun:
    """An item of `GET …/actions/runs`, or `GET …/actions/runs/{id}`."""
    file, _, ref = required(raw, "path", str).partition("@")
    return ListedRun(
        id=required(raw, "id", int),
        number=required(raw, "run_number", int),
        file=file,
        ref=ref,
        event=_event(optional(raw, "event", str, default="")),
        status=required(raw, "status", str),
        conclusion=optional(raw, "conclusion", str, default=None) or None,
        head_sha=optional(raw, "head_sha", str, default=""),
        head_branch=optional(raw, "head_branch", str, default=""),
        actor=optional(raw.get("actor"), "login", str, default=""),
        started_at=seconds(raw.get("started_at")),
        completed_at=seconds(raw.get("completed_at")),
        url=optional(raw, "html_url", str, default=""),
    )


def parse_job(raw: Any) -> Job:
    """An item of `GET …/actions/runs/{id}/jobs`; `attempt` is how many runners took it, 0 for none.

    Gitea sends the job's conclusion as that of each step, so a step's own conclusion is unknown.
    """
    attempt = optional(raw, "run_attempt", int, default=0)
    if not 0 <= attempt <= _MAX_ATTEMPTS:
        raise DataError(f"run_attempt is {attempt}")
    started_at = seconds(raw.get("started_at"))
    steps, broken = _steps(raw.get("steps"))
    return Job(
        id=required(raw, "id", int),
        run_id=required(raw, "run_id", int),
        attempt=attempt,
        name=optional(raw, "name", str, default=""),
        status=required(raw, "status", str),
        conclusion=optional(raw, "conclusion", str, default=None) or None,
        created_at=seconds(raw.get("created_at")),
        started_at=started_at,
        completed_at=seconds(raw.get("completed_at")),
        labels=_labels(raw.get("labels")),
        steps=steps,
        url=optional(raw, "html_url", str, default=""),
        broken_steps=broken,
        taken=started_at is not None,
    )


def parse_task(raw: Any) -> Task:
    """An item of `GET …/actions/tasks`."""
    created_at = seconds(required(raw, "created_at", str))
    if created_at is None:
        raise DataError(f"created_at is no time: {raw['created_at'][:40]!r}")
    status = required(raw, "status", str)
    return Task(
        id=required(raw, "id", int),
        run_number=required(raw, "run_number", int),
        name=optional(raw, "name", str, default=""),
        conclusion=status if status in ("success", "failure", "cancelled", "skipped") else None,
        created_at=seconds(raw.get("run_started_at")) or created_at,
        updated_at=seconds(raw.get("updated_at")),
    )


def parse_uploaded(raw: Any) -> tuple[int, Artifact]:
    """An item of `GET …/actions/artifacts`: when it was created (Unix seconds), and as it was last uploaded."""
    artifact = parse_artifact(raw)
    uploaded_at = seconds(raw.get("updated_at")) or artifact.created_at
    return artifact.created_at, replace(artifact, created_at=uploaded_at)


def as_run(listed: ListedRun, *, attempt: int, created_at: int, updated_at: str) -> Run:
    """An attempt of a run; `listed` is the run as that attempt left it."""
    return Run(
        id=listed.id,
        number=listed.number,
        attempt=attempt,
        workflow_id=workflow_id(listed.file),
        workflow_name=listed.file,
        path=f"{listed.file}@{listed.ref}",
        check_suite_id=None,
        event=listed.event,
        status=listed.status,
        conclusion=listed.conclusion,
        head_sha=listed.head_sha,
        head_branch=listed.head_branch,
        fork=False,
        actor=listed.actor,
        created_at=created_at,
        started_at=listed.started_at,
        updated_at=updated_at,
        url=listed.url,
        has_previous_attempt=attempt > 1,
        numbered=False,
    )


def iso(second: int | None) -> str:
    """Unix seconds in ISO 8601; empty for None."""
    return "" if second is None else iso_time(second)


def _event(event: str) -> str:
    return next((name for start, name in _EVENTS if event.startswith(start)), event)


def _steps(raw: Any) -> tuple[tuple[Step, ...], int]:
    steps, broken = [], 0
    for item in raw if isinstance(raw, list) else ():
        try:
            steps.append(_step(item))
        except DataError:
            broken += 1
    return tuple(steps), broken


def _step(raw: Any) -> Step:
    return Step(
        # Gitea counts from 0, GitHub from 1.
        number=required(raw, "number", int) + 1,
        name=optional(raw, "name", str, default=""),
        conclusion=None,
        started_at=seconds(raw.get("started_at")),
        completed_at=seconds(raw.get("completed_at")),
    )


def _labels(raw: Any) -> tuple[str, ...]:
    return tuple(label for label in raw if isinstance(label, str)) if isinstance(raw, list) else ()


def _number(*identity: object) -> int:
    """A positive number for what Gitea names by text, or by numbers that GitHub has, too."""
    text = "\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return 2**52 + int.from_bytes(blake2b(text, digest_size=8).digest()) % 2**52
