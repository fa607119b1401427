"""An attempt of a run with all that belongs to it → its points: the stage's one entrance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from etl.anomalies import Anomaly
from etl.model.cardinality import SeenTests
from etl.model.evidence import Execution, Failure
from etl.model.points import Columns, Point
from etl.model.records import Annotation, Job
from etl.model.results import Report
from etl.transform.context import Context
from etl.transform.failures.check_runs import check_failures
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


@dataclass(slots=True)
class Transformed:
    """Points of one attempt, what looked wrong on the way, and executions for flake evidence."""

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
    unread: Collection[int] = (),
    *,
    partial: Collection[int] = (),
) -> Transformed:
    """All points of an attempt from the jobs it ran itself; annotations by job id.

    Of an attempt that is still open, its completed jobs alone, and no executions. Check runs that stand
    among the jobs are none: what they say of failures counts where nothing else says it. Of a job with a
    report that could not be read yet (its id is in `unread`), only what no report changes: the job and its
    steps; of one in `partial`, whose results may be incomplete, all but the execution for evidence.
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
            _execution_alone(context, job, made)
        elif job.completed:
            is_whole = job.id not in partial
            _transform_job(
                context, job, annotations.get(job.id, ()), by_job.get(job.id), made, is_whole=is_whole
            )
    for tests in by_report:
        if not tests.is_job:
            _transform_tests(context, tests, made)
            if tests.job.id not in partial:
                _keep(context, tests.job, tests, made)
    made.seen += seen_values(made.points)
    made.points += check_failures(context, checks, annotations, told=made.points)
    return made


def _execution_alone(context: Context, job: Job, made: Transformed) -> None:
    points, odd = job_points(context, job, repeated=name_key(job) in context.executed_before)
    made.points += points
    made.anomalies += odd


def _transform_job(
    context: Context,
    job: Job,
    annotations: Sequence[Annotation],
    tests: JobTests | None,
    made: Transformed,
    *,
    is_whole: bool,
) -> None:
    _execution_alone(context, job, made)
    told = without_boilerplate(annotations, explained=tests is not None and bool(tests.red))
    made.points += failure_points(context, job, told) if job.taken else no_runner_points(context, job, told)
    # What annotations tell of tests counts where there is no report.
    has_report = tests is not None and bool(tests.results)
    annotated = [] if has_report or not job.taken else annotated_failures(context, told)
    made.points += annotated_points(context, job, annotated)
    if tests is not None:
        _transform_tests(context, tests, made)
    if context.run.completed and is_whole:
        _keep(context, job, tests, made, told=told, annotated=annotated)


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
    told: Sequence[Annotation] = (),
    annotated: Sequence[Failure] = (),
) -> None:
    """The execution for evidence."""
    messages = [note.message for note in told]
    messages += [result.message for _, _, result in (tests.red if tests else ())]
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
