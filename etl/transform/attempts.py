"""An attempt of a run with all that belongs to it → its points: the stage's one entrance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from etl.anomalies import Anomaly
from etl.extract.records import Annotation, Job
from etl.extract.results import Report, failing
from etl.transform import tests
from etl.transform.context import Context
from etl.transform.distinct import SeenTests, seen_tests
from etl.transform.executions import Execution, Failure, execution_of, retried
from etl.transform.failures import annotated_failures, failure_points, telling
from etl.transform.flakes import within_report
from etl.transform.jobs import job_points, job_second
from etl.transform.names import printable
from etl.transform.runs import run_point
from etl.transform.schema import Point


@dataclass(slots=True)
class Transformed:
    """Points of one attempt, what looked wrong on the way, and executions for flake evidence."""

    points: list[Point] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    seen: list[SeenTests] = field(default_factory=list)


def execution_key(job: Job) -> bytes:
    """What stays the same when a later attempt only inherits a job: name, start and completion.

    GitHub gives an inherited job a new id and creation time at times, but keeps these. A job
    without both times is known by its id alone.
    """
    timed = job.started_at is not None and job.completed_at is not None
    identity = (job.name, job.started_at, job.completed_at) if timed else (job.id,)
    text = "\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=8).digest()


def own_jobs(jobs: Sequence[Job], earlier: Collection[bytes]) -> list[Job]:
    """The jobs that the attempt ran itself: not those that an earlier attempt executed."""
    return [job for job in jobs if execution_key(job) not in earlier]


def transform_attempt(
    context: Context,
    jobs: Sequence[Job],
    annotations: Mapping[int, Sequence[Annotation]],
    reports: Sequence[Report] = (),
) -> Transformed:
    """All points of an attempt from the jobs it ran itself; annotations by job id.

    Of an attempt that is still open, its completed jobs alone, and no executions.
    """
    made = Transformed()
    if context.run.completed:
        point, odd = run_point(context, jobs)
        made.points.append(point)
        made.anomalies += odd
    reports = [replace(report, results=tests.named(context, report.results)) for report in reports]
    by_job = {report.job.id: report for report in reports}
    for job in jobs:
        if job.completed:
            _transform_job(context, job, annotations.get(job.id, ()), by_job.get(job.id), made)
    for report in reports:
        if not report.is_job:
            _transform_report(context, report, made)
            _keep(context, report.job, report, made)
    return made


def _transform_job(
    context: Context, job: Job, annotations: Sequence[Annotation], report: Report | None, made: Transformed
) -> None:
    points, odd = job_points(context, job)
    told = telling(annotations, report.results if report else ())
    made.points += points
    made.anomalies += odd
    made.points += failure_points(context, job, told)
    # What annotations tell of tests counts where there is no report.
    annotated = [] if report and report.results else annotated_failures(context, told)
    made.points += tests.annotated_points(context, job, annotated)
    if report is not None:
        _transform_report(context, report, made)
    if context.run.completed:
        _keep(context, job, report, made, told=told, annotated=annotated)


def _transform_report(context: Context, report: Report, made: Transformed) -> None:
    made.points.append(tests.report_point(context, report.job, report.results))
    made.points += tests.test_points(context, report.job, report.results)
    made.points += tests.failure_points(context, report.job, report.results)
    job, second = context.rules.masks(report.job.name), job_second(context, report.job)
    made.seen.append(seen_tests(context.workflow, job, second, report.results))


def _keep(
    context: Context,
    job: Job,
    report: Report | None,
    made: Transformed,
    *,
    told: Sequence[Annotation] = (),
    annotated: Sequence[Failure] = (),
) -> None:
    """The execution for evidence."""
    results = None if report is None else report.results
    messages = [note.message for note in told]
    messages += [result.message for result in failing(results or ())]
    execution = execution_of(
        context,
        job,
        is_job=report is None or report.is_job,
        results=results,
        annotated=annotated,
        message=printable(next(filter(None, messages), job.name)),
    )
    if execution is None:
        return
    made.executions.append(execution)
    made.points += within_report(execution, retried(results or ()))
