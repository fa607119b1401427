"""Parses GitHub's answers into records; pure.

Each function raises DataError if a required value is missing or of the wrong type; any other invalid value
becomes None or empty.
Source: GitHub's REST API reference.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from etl.errors import DataError
from etl.model.approvals import DeploymentStatus
from etl.model.commit_checks import AppCheck, CommitStatus
from etl.model.records import (
    Annotation,
    Artifact,
    CheckRun,
    Installation,
    Job,
    Repository,
    Run,
    Step,
    Workflow,
)
from etl.model.values import optional, required, seconds

# GitHub lets a run be re-run 50 times; each attempt costs requests.
_MAX_ATTEMPTS = 1_000
# Servers that are too old to report runners send neither.
_RUNNER = {"runner_id", "runner_name"}
# A job that was dropped before GitHub evaluated `runs-on` has no labels either.
_NEVER_BEGUN = ("skipped", "cancelled")
# GitHub Actions' own check runs are the jobs of its runs.
_ACTIONS = "github-actions"
_JOB: Final = re.compile(r"/actions/runs/\d{1,19}/job/(\d{1,19})")


def parse_repository(raw: Any) -> Repository:
    """`GET /repos/{owner}/{repo}`, or an item of `GET /installation/repositories`."""
    return Repository(
        id=required(raw, "id", int),
        full_name=required(raw, "full_name", str),
        default_branch=required(raw, "default_branch", str),
        private=optional(raw, "private", bool, default=True),
        archived=optional(raw, "archived", bool, default=False),
    )


def parse_installation(raw: Any) -> Installation:
    """An item of `GET /app/installations`."""
    return Installation(
        id=required(raw, "id", int),
        login=required(required(raw, "account", dict), "login", str),
        suspended=raw.get("suspended_at") is not None,
    )


def parse_workflow(raw: Any) -> Workflow:
    """An item of `GET …/actions/workflows`."""
    return Workflow(
        id=required(raw, "id", int),
        name=optional(raw, "name", str, default=""),
        path=optional(raw, "path", str, default=""),
    )


def parse_run(raw: Any) -> Run:
    """An item of `GET …/actions/runs`, or `GET …/actions/runs/{id}[/attempts/{n}]`."""
    attempt_number = optional(raw, "run_attempt", int, default=1)
    if not 0 <= attempt_number <= _MAX_ATTEMPTS:
        raise DataError(f"run_attempt is {attempt_number}")
    attempt = max(1, attempt_number)
    created_at = seconds(required(raw, "created_at", str))
    if created_at is None:
        raise DataError(f"created_at is no time: {raw['created_at']!r}")
    return Run(
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
        numbered=attempt_number > 0,
        head_owner=head_owner(raw),
        pull_request=_pull_request(raw),
        check_suite_node=optional(raw, "check_suite_node_id", str, default=""),
    )


def parse_step(raw: Any) -> Step:
    """An item of a job's `steps`."""
    return Step(
        number=required(raw, "number", int),
        name=optional(raw, "name", str, default=""),
        conclusion=optional(raw, "conclusion", str, default=None),
        started_at=seconds(raw.get("started_at")),
        completed_at=seconds(raw.get("completed_at")),
    )


def parse_job(raw: Any) -> Job:
    """An item of `GET …/actions/runs/{id}/attempts/{n}/jobs`.

    A step that cannot be parsed is skipped and counted in `broken_steps`.
    """
    steps, broken = _steps(raw.get("steps") if isinstance(raw, Mapping) else None)
    number, conclusion = required(raw, "id", int), optional(raw, "conclusion", str, default=None)
    ran = bool(steps or broken or _has_runner(raw))
    return Job(
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


def parse_annotation(raw: Any) -> Annotation:
    """An item of `GET …/check-runs/{id}/annotations`."""
    return Annotation(
        level=optional(raw, "annotation_level", str, default=""),
        message=required(raw, "message", str),
        title=optional(raw, "title", str, default=""),
        path=optional(raw, "path", str, default=""),
        line=optional(raw, "start_line", int, default=None),
    )


def parse_check_run(raw: Any) -> CheckRun:
    """An item of `GET …/check-suites/{id}/check-runs`."""
    output = raw.get("output") if isinstance(raw, Mapping) else None
    return CheckRun(
        id=required(raw, "id", int),
        annotations=optional(output, "annotations_count", int, default=0),
    )


def parse_artifact(raw: Any) -> Artifact:
    """An item of `GET …/actions/artifacts`."""
    created_at = seconds(required(raw, "created_at", str))
    if created_at is None:
        raise DataError(f"created_at is no time: {raw['created_at'][:40]!r}")
    return Artifact(
        id=required(raw, "id", int),
        name=required(raw, "name", str),
        size=optional(raw, "size_in_bytes", int, default=0),
        expired=optional(raw, "expired", bool, default=False),
        created_at=created_at,
        run_id=optional(raw.get("workflow_run"), "id", int, default=None),
    )


def parse_app_check(raw: Any) -> AppCheck | None:
    """An item of `GET …/commits/{sha}/check-runs`; None if it is of GitHub Actions, or has no App."""
    app = raw.get("app") if isinstance(raw, dict) else None
    number = required(raw, "id", int)
    name = optional(app, "name", str, default="") or optional(app, "slug", str, default="")
    if not name or optional(app, "slug", str, default="") == _ACTIONS:
        return None
    return AppCheck(
        id=number,
        suite_id=optional(raw.get("check_suite"), "id", int, default=0),
        app=name,
        name=optional(raw, "name", str, default=""),
        status=required(raw, "status", str),
        conclusion=optional(raw, "conclusion", str, default=None),
        started_at=seconds(raw.get("started_at")),
        completed_at=seconds(raw.get("completed_at")),
        url=optional(raw, "html_url", str, default=""),
    )


def parse_commit_status(raw: Any) -> CommitStatus:
    """An item of `GET …/commits/{sha}/statuses`."""
    created_at = seconds(required(raw, "created_at", str))
    if created_at is None:
        raise DataError(f"created_at is no time: {raw['created_at'][:40]!r}")
    return CommitStatus(
        id=required(raw, "id", int),
        context=optional(raw, "context", str, default="default"),
        state=required(raw, "state", str),
        created_at=created_at,
        url=optional(raw, "target_url", str, default=""),
    )


def parse_deployment_status(raw: Any) -> DeploymentStatus:
    """An item of `GET …/deployments/{id}/statuses`."""
    created_at = seconds(required(raw, "created_at", str))
    if created_at is None:
        raise DataError(f"created_at is no time: {raw['created_at'][:40]!r}")
    urls = (optional(raw, name, str, default="") for name in ("log_url", "target_url"))
    found = next(filter(None, map(_JOB.search, urls)), None)
    return DeploymentStatus(
        id=required(raw, "id", int),
        state=required(raw, "state", str),
        created_at=created_at,
        job_id=None if found is None else int(found.group(1)),
    )


def _has_runner(raw: Any) -> bool:
    """Whether a runner took a job; otherwise GitHub sends null, or 0 and an empty name."""
    return any(raw.get(name) not in (None, 0, "") for name in _RUNNER)


def _is_fork(raw: Any) -> bool:
    """Whether the head repository is another one; a deleted fork has none."""
    head, base = raw.get("head_repository"), raw.get("repository")
    if not isinstance(base, Mapping):
        return False
    return not isinstance(head, Mapping) or head.get("id") != base.get("id")


def head_owner(raw: Any) -> str:
    """The owner of the head repository; empty if it was deleted."""
    head = raw.get("head_repository")
    owner = head.get("owner") if isinstance(head, Mapping) else None
    login: str = optional(owner, "login", str, default="")
    return login


def _pull_request(raw: Any) -> int:
    """The number of the repository's open pull request whose newest commit a run tests; 0 if none is named."""
    here, sha = optional(raw.get("repository"), "id", int, default=0), raw.get("head_sha")
    for one in optional(raw, "pull_requests", list, default=[]):
        head, base = (optional(one, end, dict, default={}) for end in ("head", "base"))
        # A branch may also be the head of requests to the repository that this one is a fork of.
        if sha and head.get("sha") == sha and optional(base.get("repo"), "id", int, default=here) == here:
            number: int = optional(one, "number", int, default=0)
            return number
    return 0


def _labels(raw: Any) -> tuple[str, ...]:
    return tuple(label for label in raw if isinstance(label, str)) if isinstance(raw, list) else ()


def _steps(raw: Any) -> tuple[tuple[Step, ...], int]:
    steps, broken = [], 0
    for item in raw if isinstance(raw, list) else ():
        try:
            steps.append(parse_step(item))
        except (DataError, AttributeError):
            broken += 1
    return tuple(steps), broken
