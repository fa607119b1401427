"""Recorded histories: one JSON document per line, one run each; gzip is allowed.

`docs/history-format.md` describes the format. Ids may be left out: they are generated from the order of lines.
"""

import base64
import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, Base64Bytes, BaseModel, ConfigDict, Field, ValidationError

from etl.demo.history import (
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
from etl.errors import ConfigurationError

_GZIP = b"\x1f\x8b"


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class StepDocument(_Document):
    """A step."""

    name: str
    started_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    conclusion: str = "success"


class AnnotationDocument(_Document):
    """An annotation."""

    message: str
    level: str = "failure"
    path: str = ".github"
    line: int = 1
    title: str = ""


class ArtifactDocument(_Document):
    """An artifact that a job uploaded; its content in base64."""

    id: int | None = None
    name: str
    created_at: AwareDatetime
    content: Base64Bytes = b""
    expired: bool = False


class JobDocument(_Document):
    """An execution of a job; created when it started, unless `created_at` is given."""

    id: int | None = None
    name: str
    created_at: AwareDatetime | None = None
    started_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None
    conclusion: str = "success"
    labels: list[str] = Field(default_factory=lambda: ["ubuntu-latest"])
    steps: list[StepDocument] = Field(default_factory=list)
    annotations: list[AnnotationDocument] = Field(default_factory=list)
    artifacts: list[ArtifactDocument] = Field(default_factory=list)
    log: str = ""
    inherited: Inheritance | None = None


class AttemptDocument(_Document):
    """An attempt of a run."""

    started_at: AwareDatetime
    conclusion: str | None = None
    jobs: list[JobDocument] = Field(default_factory=list)


class RunDocument(_Document):
    """A line: a run with its attempts."""

    repository: str = Field(pattern=r"^[^/\s]+/[^/\s]+$")
    default_branch: str = "main"
    workflow: str
    path: str = ""
    id: int | None = None
    number: int | None = None
    event: str = "push"
    branch: str = "main"
    sha: str = ""
    actor: str = "ada"
    fork: bool = False
    created_at: AwareDatetime
    attempts: list[AttemptDocument] = Field(min_length=1)


@dataclass(slots=True)
class _Builder:
    """Collects runs by repository, and generates ids for documents without one."""

    repositories: dict[str, Repository] = field(default_factory=dict)
    next_id: int = 1_000_000

    def new_id(self) -> int:
        self.next_id += 1
        return self.next_id

    def add(self, document: RunDocument) -> None:
        repository = self.repositories.setdefault(
            document.repository,
            Repository(
                len(self.repositories) + 1, document.repository, default_branch=document.default_branch
            ),
        )
        run_id = document.id or self.new_id()
        repository.runs.append(
            Run(
                run_id,
                document.number or len(repository.runs) + 1,
                self._workflow(repository, document),
                _second(document.created_at),
                tuple(self._attempt(attempt) for attempt in document.attempts),
                document.event,
                document.branch,
                document.sha or f"{run_id:040x}",
                document.actor,
                document.fork,
            )
        )

    def _workflow(self, repository: Repository, document: RunDocument) -> int:
        path = document.path or f".github/workflows/{'-'.join(document.workflow.lower().split())}.yml"
        for workflow in repository.workflows:
            if (workflow.name, workflow.path) == (document.workflow, path):
                return workflow.id
        repository.workflows.append(Workflow(self.new_id(), document.workflow, path))
        return repository.workflows[-1].id

    def _attempt(self, document: AttemptDocument) -> Attempt:
        started = _second(document.started_at)
        return Attempt(started, tuple(self._job(job, started) for job in document.jobs), document.conclusion)

    def _job(self, document: JobDocument, attempt_started: int) -> Job:
        started = _maybe(document.started_at)
        created = _maybe(document.created_at)
        fallback = started if started is not None else attempt_started
        return Job(
            document.id or self.new_id(),
            document.name,
            created if created is not None else fallback,
            started,
            _maybe(document.completed_at),
            document.conclusion,
            tuple(document.labels),
            tuple(
                Step(step.name, _maybe(step.started_at), _maybe(step.completed_at), step.conclusion)
                for step in document.steps
            ),
            tuple(Annotation(**annotation.model_dump()) for annotation in document.annotations),
            tuple(self._artifact(artifact) for artifact in document.artifacts),
            document.inherited,
            log=Log(document.log),
        )

    def _artifact(self, document: ArtifactDocument) -> Artifact:
        created = _second(document.created_at)
        return Artifact(
            document.id or self.new_id(), document.name, created, document.content, document.expired
        )


def load(path: Path) -> History:
    """Read a recorded history. Raises ConfigurationError, with the line, if one is wrong."""
    try:
        content = path.read_bytes()
        content = gzip.decompress(content) if content.startswith(_GZIP) else content
        lines = content.decode("utf-8").split("\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise ConfigurationError(f"history {path} cannot be read: {error}") from None
    builder = _Builder()
    for number, line in enumerate(lines, 1):
        if line.strip():
            builder.add(_document(line, f"history {path}, line {number}"))
    if not builder.repositories:
        raise ConfigurationError(f"history {path} holds no runs: docs/history-format.md shows the form")
    return History(list(builder.repositories.values()))


def _document(line: str, where: str) -> RunDocument:
    try:
        return RunDocument.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigurationError(f"{where}: {place + ': ' if place else ''}{first['msg']}") from None


def dump(history: History) -> Iterator[str]:
    """The history as lines."""
    for repository in history.repositories:
        workflows = {workflow.id: workflow for workflow in repository.workflows}
        for run in repository.runs:
            yield json.dumps(_written(repository, workflows[run.workflow_id], run), ensure_ascii=False)


def _written(repository: Repository, workflow: Workflow, run: Run) -> dict[str, Any]:
    return {
        "repository": repository.full_name,
        "default_branch": repository.default_branch,
        "workflow": workflow.name,
        "path": workflow.path,
        "id": run.id,
        "number": run.number,
        "event": run.event,
        "branch": run.head_branch,
        "sha": run.head_sha,
        "actor": run.actor,
        "fork": run.fork,
        "created_at": _iso(run.created_at),
        "attempts": [_written_attempt(attempt) for attempt in run.attempts],
    }


def _written_attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "started_at": _iso(attempt.started_at),
        "conclusion": attempt.conclusion,
        "jobs": [_written_job(job) for job in attempt.jobs],
    }


def _written_job(job: Job) -> dict[str, Any]:
    return {
        "id": job.id,
        "name": job.name,
        **_times(created_at=job.created_at, started_at=job.started_at, completed_at=job.completed_at),
        "conclusion": job.conclusion,
        "labels": list(job.labels),
        "steps": [
            {
                "name": step.name,
                "conclusion": step.conclusion,
                **_times(started_at=step.started_at, completed_at=step.completed_at),
            }
            for step in job.steps
        ],
        "annotations": [
            {
                "message": note.message,
                "level": note.level,
                "path": note.path,
                "line": note.line,
                "title": note.title,
            }
            for note in job.annotations
        ],
        "artifacts": [
            {
                "id": artifact.id,
                "name": artifact.name,
                "created_at": _iso(artifact.created_at),
                "content": base64.b64encode(artifact.content).decode(),
                "expired": artifact.expired,
            }
            for artifact in job.artifacts
        ],
        "inherited": job.inherited,
        "log": job.log.text,
    }


def _times(**times: int | None) -> dict[str, str | None]:
    return {name: None if second is None else _iso(second) for name, second in times.items()}


def _iso(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _maybe(moment: datetime | None) -> int | None:
    return None if moment is None else _second(moment)
