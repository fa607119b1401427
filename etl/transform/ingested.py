"""Executions of jobs that any CI tells of → points; pure.

A run is known by its jobs alone, which arrive one by one and in any order: after each, the points of its attempts
and jobs are made again from all that are known.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from math import ceil
from typing import Final

from etl.errors import DataError
from etl.model.ingested import IngestedJob, Told, negative_id
from etl.model.points import Point
from etl.model.records import Job, Run
from etl.model.results import Report, Result
from etl.model.schema import JOB, SUCCESS, WORKFLOW_RUN
from etl.model.tag_values import tag_value
from etl.transform.attempts import Transformed, transform_attempt
from etl.transform.context import Context
from etl.transform.jobs import job_points
from etl.transform.names import branch_tag
from etl.transform.own_jobs import name_key, was_executed
from etl.transform.rules import Rules
from etl.transform.runs import run_point

SKIPPED: Final = "skipped"
_FAILED: Final = "failure"
# Longer than any CI lets a job take.
_LONGEST_S: Final = 35 * 86_400
# A run ends with the first of these that one of its jobs ended with.
_WORST_FIRST: Final = (_FAILED, "timed_out", "cancelled", SUCCESS)
# Made of all jobs of a run together.
_OF_RUNS: Final = (WORKFLOW_RUN.name, JOB.name)


def already_known(told: Told, digest: bytes, jobs: Iterable[IngestedJob]) -> IngestedJob | None:
    """The execution among those of its run that was told of before, whatever of it is told now."""
    same = (one for one in jobs if one.name == told.job)
    if told.attempt is None:
        return next((one for one in same if one.digest == digest), None)
    return next((one for one in same if one.attempt == told.attempt), None)


def executed_job(
    told: Told,
    digest: bytes,
    results: Sequence[Result],
    jobs: Iterable[IngestedJob],
    *,
    rules: Rules,
    branches: Sequence[str],
    now: int,
) -> IngestedJob:
    """The execution that is told of, with defaults for what is not: of a job of `jobs`, it is the next attempt.

    It fails if a test failed, took as long as its tests together, and ended `now` (Unix seconds). Raises DataError
    if its tests took absurdly long.
    """
    before = max((one.attempt for one in jobs if one.name == told.job), default=0)
    attempt = before + 1 if told.attempt is None else told.attempt
    started, completed = _times(told, results, now)
    is_red = any(result.is_red for result in results)
    job = IngestedJob(
        id=negative_id("job", told.run_id, attempt, told.job),
        run_id=told.run_id,
        run=told.run,
        attempt=attempt,
        workflow_id=told.workflow_id,
        workflow=rules.masks(told.workflow),
        branch="",
        head_branch=told.branch or told.default_branch,
        name=told.job,
        event=told.event,
        head_sha=told.commit,
        conclusion=told.conclusion or (_FAILED if is_red else SUCCESS),
        started_at=started,
        completed_at=completed,
        url=told.url,
        digest=digest,
    )
    return replace(job, branch=branch_tag(_run(job, job.conclusion), told.default_branch, branches))


def job_results(repository: str, rules: Rules, job: IngestedJob, results: Sequence[Result]) -> Transformed:
    """Everything that one execution gives by itself: points of tests and failures, its evidence, seen values."""
    record = _record(job)
    reports = [Report(record, is_job=True, results=list(results))] if results else []
    context = _context(repository, rules, job, job.conclusion)
    made = transform_attempt(context, [record], {}, reports)
    made.points = [point for point in made.points if point.measurement not in _OF_RUNS]
    return made


def run_points(repository: str, rules: Rules, jobs: Collection[IngestedJob]) -> list[Point]:
    """Points of all attempts and jobs of one run, which depend on each other; in any order of the jobs the same."""
    points = []
    for attempt in sorted({job.attempt for job in jobs}):
        own = sorted((job for job in jobs if job.attempt == attempt), key=_order)
        earlier = frozenset(
            name_key(record)
            for record in (_record(job) for job in jobs if job.attempt < attempt)
            if was_executed(record)
        )
        conclusion = _conclusion(job for job in jobs if job.attempt <= attempt)
        context = _context(repository, rules, own[0], conclusion)
        points.append(_run_point(context, own))
        for job in own:
            record = _record(job)
            of_job = _context(repository, rules, job, conclusion)
            points += job_points(of_job, record, repeated=name_key(record) in earlier)[0]
    return points


def _times(told: Told, results: Sequence[Result], now: int) -> tuple[int, int]:
    """When the execution started and ended."""
    started, completed, duration = told.started_at, told.completed_at, told.duration_s
    if completed is None:
        lasts = None if started is None or duration is None else started + duration
        completed = max(now, started or now) if lasts is None else lasts
    if started is None:
        took = duration if duration is not None else sum(one.duration_s or 0.0 for one in results)
        if not 0 <= took <= _LONGEST_S:
            raise DataError("the tests took longer than 35 days together: tell when the job started")
        started = completed - ceil(took)
    return started, completed


def _conclusion(jobs: Iterable[IngestedJob]) -> str:
    """How a run stands after an attempt: each job counts as it last ended."""
    last = {job.name: job.conclusion for job in sorted(jobs, key=_order)}
    return next((worst for worst in _WORST_FIRST if worst in last.values()), SKIPPED)


def _order(job: IngestedJob) -> tuple[int, int, int]:
    return job.attempt, job.started_at, job.id


def _context(repository: str, rules: Rules, job: IngestedJob, conclusion: str) -> Context:
    return Context(tag_value(repository), job.workflow, job.branch, _run(job, conclusion), rules)


def _run_point(context: Context, own: Sequence[IngestedJob]) -> Point:
    point, _ = run_point(context, [_record(job) for job in own])
    if not context.run.number:
        del point.fields["run_number"]
    return point


def _run(job: IngestedJob, conclusion: str) -> Run:
    number = int(job.run) if job.run.isascii() and job.run.isdigit() and len(job.run) < 16 else 0  # noqa: PLR2004
    return Run(
        id=job.run_id,
        number=number,
        attempt=job.attempt,
        workflow_id=job.workflow_id,
        workflow_name=job.workflow,
        path="",
        check_suite_id=None,
        event=job.event,
        status="completed",
        conclusion=conclusion,
        head_sha=job.head_sha,
        head_branch=job.head_branch,
        fork=False,
        actor="",
        created_at=job.started_at,
        started_at=job.started_at,
        updated_at="",
        url=job.url,
        has_previous_attempt=job.attempt > 1,
    )


def _record(job: IngestedJob) -> Job:
    return Job(
        id=job.id,
        run_id=job.run_id,
        attempt=job.attempt,
        name=job.name,
        status="completed",
        conclusion=job.conclusion,
        created_at=None,
        started_at=job.started_at,
        completed_at=job.completed_at,
        labels=(),
        steps=(),
        url=job.url,
        taken=job.conclusion != SKIPPED,
    )
