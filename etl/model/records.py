"""Typed records of what GitHub's REST API sends, one class an entity; pure parsing, no I/O.

Times are whole Unix seconds in UTC, None where GitHub sent none or nonsense. A record is built by
its `parse`, which raises DataError where something that the record cannot do without is missing or
of the wrong type; anything else that is odd becomes None or an empty value.
Source: GitHub's REST API reference: workflow runs, workflow jobs, check runs, repositories.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from etl.errors import DataError
from etl.model.values import optional, required, seconds

# GitHub lets a run be re-run 50 times; each attempt costs requests.
_MAX_ATTEMPTS = 1_000
# Servers that are too old to tell of runners send neither.
_RUNNER = {"runner_id", "runner_name"}
# Where a job was dropped before GitHub looked at what it runs on, it has no labels either.
_NEVER_BEGUN = ("skipped", "cancelled")


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as it is called now; `id` stays the same through renames."""

    id: int
    full_name: str
    default_branch: str
    private: bool
    archived: bool = False

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From `GET /repos/{owner}/{repo}`, or an item of `GET /installation/repositories`."""
        return cls(
            id=required(raw, "id", int),
            full_name=required(raw, "full_name", str),
            default_branch=required(raw, "default_branch", str),
            private=optional(raw, "private", bool, default=True),
            archived=optional(raw, "archived", bool, default=False),
        )


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation of a GitHub App, for the user or organisation `login`."""

    id: int
    login: str
    suspended: bool

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET /app/installations`."""
        return cls(
            id=required(raw, "id", int),
            login=required(required(raw, "account", dict), "login", str),
            suspended=raw.get("suspended_at") is not None,
        )


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow: its name changes, its id does not."""

    id: int
    name: str
    path: str

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/actions/workflows`."""
        return cls(
            id=required(raw, "id", int),
            name=optional(raw, "name", str, default=""),
            path=optional(raw, "path", str, default=""),
        )


@dataclass(frozen=True, slots=True)
class Run:
    """One attempt of a workflow run: the latest one in listings, a given one where asked by number.

    `created_at` is the run's, `started_at` the attempt's; `fork` tells that the head commit lives in
    another repository than the run. `numbered`: the server counts attempts (Gitea sends 0 for each run).
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

    @property
    def completed(self) -> bool:
        """Whether this attempt has ended."""
        return self.status == "completed"

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/actions/runs`, or `GET …/actions/runs/{id}[/attempts/{n}]`."""
        told = optional(raw, "run_attempt", int, default=1)
        if not 0 <= told <= _MAX_ATTEMPTS:
            raise DataError(f"run_attempt is {told}")
        attempt = max(1, told)
        created_at = seconds(required(raw, "created_at", str))
        if created_at is None:
            raise DataError(f"created_at is no time: {raw['created_at']!r}")
        return cls(
            id=required(raw, "id", int),
            number=optional(raw, "run_number", int, default=0),
            attempt=attempt,
            workflow_id=required(raw, "workflow_id", int),
            workflow_name=optional(raw, "name", str, default=""),
            path=optional(raw, "path", str, default=""),
            check_suite_id=optional(raw, "check_suite_id", int, default=None),
            event=optional(raw, "event", str, default=""),
            status=required(raw, "status", str),
            conclusion=optional(raw, "conclusion", str, default=None),
            head_sha=optional(raw, "head_sha", str, default=""),
            head_branch=optional(raw, "head_branch", str, default=""),
            fork=_is_fork(raw),
            actor=optional(raw.get("actor"), "login", str, default=""),
            created_at=created_at,
            started_at=seconds(raw.get("run_started_at")),
            updated_at=optional(raw, "updated_at", str, default="").encode("ascii", "replace").decode(),
            url=optional(raw, "html_url", str, default=""),
            has_previous_attempt=attempt > 1 and bool(raw.get("previous_attempt_url", True)),
            numbered=told > 0,
        )


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a job."""

    number: int
    name: str
    conclusion: str | None
    started_at: int | None
    completed_at: int | None

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of a job's `steps`."""
        return cls(
            number=required(raw, "number", int),
            name=optional(raw, "name", str, default=""),
            conclusion=optional(raw, "conclusion", str, default=None),
            started_at=seconds(raw.get("started_at")),
            completed_at=seconds(raw.get("completed_at")),
        )


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

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/actions/runs/{id}/attempts/{n}/jobs`.

        A step that cannot be understood costs that step alone: it is counted in `broken_steps`.
        """
        steps, broken = _steps(raw.get("steps") if isinstance(raw, Mapping) else None)
        number, conclusion = required(raw, "id", int), optional(raw, "conclusion", str, default=None)
        ran = bool(steps or broken or _has_runner(raw))
        return cls(
            id=number,
            run_id=required(raw, "run_id", int),
            attempt=optional(raw, "run_attempt", int, default=1),
            name=optional(raw, "name", str, default=""),
            status=required(raw, "status", str),
            conclusion=conclusion,
            created_at=seconds(raw.get("created_at")),
            started_at=seconds(raw.get("started_at")),
            completed_at=seconds(raw.get("completed_at")),
            labels=_labels(raw.get("labels")),
            steps=steps,
            url=optional(raw, "html_url", str, default=""),
            broken_steps=broken,
            taken=ran or not _RUNNER & raw.keys(),
            is_check=not ran and raw.get("labels") == [] and conclusion not in _NEVER_BEGUN,
        )


@dataclass(frozen=True, slots=True)
class Annotation:
    """One annotation of a check run; a job's id is its check run's id."""

    level: str
    message: str
    title: str
    path: str
    line: int | None

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/check-runs/{id}/annotations`."""
        return cls(
            level=optional(raw, "annotation_level", str, default=""),
            message=required(raw, "message", str),
            title=optional(raw, "title", str, default=""),
            path=optional(raw, "path", str, default=""),
            line=optional(raw, "start_line", int, default=None),
        )


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check run as its suite lists it: which job it is, and how many annotations it has."""

    id: int
    annotations: int

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/check-suites/{id}/check-runs`."""
        output = raw.get("output") if isinstance(raw, Mapping) else None
        return cls(
            id=required(raw, "id", int),
            annotations=optional(output, "annotations_count", int, default=0),
        )


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

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/actions/artifacts`."""
        created_at = seconds(required(raw, "created_at", str))
        if created_at is None:
            raise DataError(f"created_at is no time: {raw['created_at'][:40]!r}")
        return cls(
            id=required(raw, "id", int),
            name=required(raw, "name", str),
            size=optional(raw, "size_in_bytes", int, default=0),
            expired=optional(raw, "expired", bool, default=False),
            created_at=created_at,
            run_id=optional(raw.get("workflow_run"), "id", int, default=None),
        )


def _has_runner(raw: Any) -> bool:
    """Whether a runner took a job: of one that none took, GitHub sends null, or 0 and an empty name."""
    return any(raw.get(name) not in (None, 0, "") for name in _RUNNER)


def _is_fork(raw: Any) -> bool:
    """Whether the head repository is another one; a deleted fork has none any more."""
    head, base = raw.get("head_repository"), raw.get("repository")
    if not isinstance(base, Mapping):
        return False
    return not isinstance(head, Mapping) or head.get("id") != base.get("id")


def _labels(raw: Any) -> tuple[str, ...]:
    return tuple(label for label in raw if isinstance(label, str)) if isinstance(raw, list) else ()


def _steps(raw: Any) -> tuple[tuple[Step, ...], int]:
    steps, broken = [], 0
    for item in raw if isinstance(raw, list) else ():
        try:
            steps.append(Step.parse(item))
        except (DataError, AttributeError):
            broken += 1
    return tuple(steps), broken
