"""Check runs of Apps and statuses of a commit → executions of a workflow named after the App or the context.

GitHub knows no jobs, steps or attempts of them, so each becomes a run with one job. None of them is evidence of
a flake, since the reason for failing and then passing on the same commit is unknown.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from etl.model.commit_checks import AppCheck, Commit, CommitStatus
from etl.model.points import FieldValue, Point
from etl.model.schema import JOB, WORKFLOW_RUN
from etl.model.tag_values import EMPTY, tag_value
from etl.transform.context import present
from etl.transform.names import Masks, job_group, printable
from etl.transform.times import elapsed, point_time

_PENDING: Final = "pending"
# The final states of a status; `error` means that the system which set it failed.
_CONCLUSIONS: Final = {"error": "failure"}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """A check run, or a status with its pending time, after it ended."""

    event: str
    id: int
    workflow: str
    job: str
    attempt: int
    conclusion: str
    started_at: int | None
    ended_at: int
    url: str


def check_points(
    repository: str,
    commit: Commit,
    checks: Iterable[AppCheck],
    statuses: Iterable[CommitStatus],
    masks: Masks,
) -> list[Point]:
    """Points of all checks and statuses that have ended; `repository` is a tag value."""
    outcomes = [*_of_checks(checks), *_of_statuses(statuses)]
    return [point for outcome in outcomes for point in _points(repository, commit, outcome, masks)]


def are_open(checks: Iterable[AppCheck], statuses: Iterable[CommitStatus]) -> bool:
    """Whether any check or status has not ended yet."""
    latest = {one.context: one.state for one in sorted(statuses, key=_in_time)}
    return _PENDING in latest.values() or any(one.status != "completed" for one in checks)


def _of_checks(checks: Iterable[AppCheck]) -> Iterator[_Outcome]:
    """An outcome for each check run; if its App runs it again in the same suite, that is the next attempt."""
    attempts: Counter[tuple[int, str]] = Counter()
    for one in sorted(checks, key=lambda check: check.id):
        attempts[one.suite_id, one.name] += 1
        if one.status == "completed" and one.completed_at is not None:
            yield _Outcome(
                "check_run",
                one.id,
                one.app,
                one.name,
                attempts[one.suite_id, one.name],
                one.conclusion or "unknown",
                one.started_at,
                one.completed_at,
                one.url,
            )


def _of_statuses(statuses: Iterable[CommitStatus]) -> Iterator[_Outcome]:
    """An outcome for each time a context ended; the same final state set again is ignored."""
    in_order = sorted(statuses, key=lambda one: (one.context, *_in_time(one)))
    for context, group in groupby(in_order, lambda one: one.context):
        attempt, since, last = 0, None, None
        for one in group:
            if one.state == _PENDING:
                since = one.created_at if since is None else since
            elif since is not None or one.state != last:
                attempt += 1
                conclusion = _CONCLUSIONS.get(one.state, one.state)
                yield _Outcome(
                    "status",
                    one.id,
                    context,
                    context,
                    attempt,
                    conclusion,
                    since,
                    one.created_at,
                    one.url,
                )
                since, last = None, one.state


def _in_time(status: CommitStatus) -> tuple[int, int]:
    return status.created_at, status.id


def _points(repository: str, commit: Commit, outcome: _Outcome, masks: Masks) -> list[Point]:
    shared = {
        "repository": repository,
        "workflow": masks(outcome.workflow),
        "branch": commit.branch,
        "event": outcome.event,
        "attempt": str(outcome.attempt),
        "conclusion": tag_value(outcome.conclusion),
    }
    fields: dict[str, FieldValue] = {
        "run_id": outcome.id,
        **present(
            head_sha=printable(commit.sha),
            duration_s=elapsed(outcome.started_at, outcome.ended_at),
            url=printable(outcome.url),
        ),
    }
    job = {
        **shared,
        "job": masks(outcome.job),
        "job_group": masks(job_group(outcome.job)),
        "runner": EMPTY,
    }
    identity = (outcome.event, outcome.id)
    return [
        Point(
            WORKFLOW_RUN.name, shared, {**fields, "jobs": 1}, point_time(outcome.ended_at, "run", *identity)
        ),
        Point(
            JOB.name, job, {**fields, "job_id": outcome.id}, point_time(outcome.ended_at, "job", *identity)
        ),
    ]
