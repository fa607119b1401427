"""An attempt of a run with its jobs, annotations, reports and logs → points: the entry point of this stage."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from etl.anomalies import Anomaly
from etl.model.cardinality import SeenTests
from etl.model.evidence import Execution, Failure
from etl.model.logs import LogReading
from etl.model.points import Columns, Point
from etl.model.records import Annotation, Job
from etl.model.results import Report
from etl.transform.context import Context
from etl.transform.failures.check_runs import check_failures
from etl.transform.failures.logged import log_only_tests, log_points, logged_failures, says_anything
from etl.transform.failures.no_runner import no_runner_points
from etl.transform.failures.points import annotated_failures, failure_points, without_boilerplate
from etl.transform.flakes.evidence import within_report
from etl.transform.flakes.executions import execution_of, retried
from etl.transform.jobs import job_points, job_second
from etl.transform.names import printable
from etl.transform.own_jobs import name_key
from etl.transform.results.cardinality import seen_tests, seen_values
from etl.transform.results.job_results import JobTests, named
from etl.transform.results.points import annotated_points, report_point, test_failure_points, test_points
from etl.transform.runs import run_point


class _Sources(NamedTuple):
    """The sources that may explain a job's failure."""

    annotations: Sequence[Annotation]
    tests: JobTests | None
    log: LogReading | None


@dataclass(slots=True)
class Transformed:
    """Points of one attempt, anomalies, executions for flake evidence, and tag values seen."""

    points: list[Point] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    seen: list[SeenTests] = field(default_factory=list)


def transform_attempt(
    context: Context,
    jobs: Sequence[Job],
    annotations: Mapping[int, Sequence[Annotation]],
    reports: Sequence[Report] = (),
    *,
    unread: Collection[int] = (),
    partial: Collection[int] = (),
    logs: Mapping[int, LogReading] | None = None,
) -> Transformed:
    """All points of an attempt from the jobs it executed itself; annotations and logs are by job id.

    An open attempt gives only its completed jobs, and no executions. Check runs among the jobs give no job
    points, only failures that no other source reports. A job in `unread`, whose report or log could not be
    read yet, gives only its job and step points, which neither changes. A job in `partial`, whose results may
    be incomplete, gives everything but its execution.
    """
    made = Transformed()
    checks = [job for job in jobs if job.is_check and job.completed]
    jobs = [job for job in jobs if not job.is_check]
    if context.run.completed:
        point, odd = run_point(context, jobs)
        made.points.append(point)
        made.anomalies += odd
    by_report = [named(context, report) for report in reports]
    by_job = {tests.job.id: tests for tests in by_report}
    for job in jobs:
        if job.completed and job.id in unread:
            _add_job_points(context, job, made)
        elif job.completed:
            log = logs.get(job.id) if logs else None
            sources = _Sources(annotations.get(job.id, ()), by_job.get(job.id), log)
            _transform_job(context, job, sources, made, is_whole=job.id not in partial)
    for tests in by_report:
        if not tests.is_job:
            _transform_tests(context, tests, made)
            if tests.job.id not in partial:
                messages = [result.message for _, _, result in tests.red]
                _keep(context, tests.job, tests, made, messages=messages)
    made.seen += seen_values(made.points)
    if not unread:
        made.points += check_failures(context, checks, annotations, known_points=made.points)
    return made


def _add_job_points(context: Context, job: Job, made: Transformed) -> None:
    points, odd = job_points(context, job, repeated=name_key(job) in context.executed_before)
    made.points += points
    made.anomalies += odd


def _transform_job(
    context: Context, job: Job, sources: _Sources, made: Transformed, *, is_whole: bool
) -> None:
    _add_job_points(context, job, made)
    annotations, tests, log = sources
    reds = [result for _, _, result in tests.red] if tests is not None else []
    is_red = bool(reds)
    notes = without_boilerplate(annotations, explained=is_red or says_anything(log))
    # Failing tests in annotations and logs count only if there is no report.
    has_report = tests is not None and bool(tests.results)
    known = [] if has_report or not job.taken else annotated_failures(context, notes)
    if not job.taken:
        made.points += no_runner_points(context, job, notes)
    else:
        made.points += failure_points(context, job, notes, log)
    if job.taken and log is not None:
        log_only = log_only_tests(context, log, notes, [(result.suite, result.name) for result in reds])
        made.points += log_points(context, job, log, log_only, explained=is_red or bool(notes))
        known += [] if has_report else logged_failures(context, log_only, known)
    made.points += annotated_points(context, job, known)
    if tests is not None:
        _transform_tests(context, tests, made)
    if context.run.completed and is_whole:
        messages = [note.message for note in notes]
        messages += [result.message for result in reds] + [failure.message for failure in known]
        messages += [log.message] if log is not None else []
        _keep(context, job, tests, made, messages=messages, annotated=known)


def _transform_tests(context: Context, tests: JobTests, made: Transformed) -> None:
    made.points.append(report_point(context, tests))
    columns, others = test_points(context, tests)
    made.columns.append(columns)
    made.points += others
    made.points += test_failure_points(context, tests)
    job, second = context.rules.masks(tests.job.name), job_second(context, tests.job)
    made.seen.append(seen_tests(context.workflow, job, second, tests.tests))


def _keep(
    context: Context,
    job: Job,
    tests: JobTests | None,
    made: Transformed,
    *,
    messages: Sequence[str] = (),
    annotated: Sequence[Failure] = (),
) -> None:
    """Add the job's execution, and flake evidence within its report."""
    execution = execution_of(
        context,
        job,
        tests=tests,
        annotated=annotated,
        message=printable(next(filter(None, messages), job.name)),
    )
    if execution is None:
        return
    made.executions.append(execution)
    made.points += within_report(execution, retried(tests) if tests else ())
