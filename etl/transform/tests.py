"""Results of a job's tests → `test_report`, `test` and `failure` points."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from etl.extract.records import Job
from etl.extract.results import Outcome, Result
from etl.transform.context import Context, present
from etl.transform.executions import Failure, numbered
from etl.transform.jobs import job_second, job_tags
from etl.transform.names import printable
from etl.transform.schema import FAILURE, TEST, TEST_REPORT, Point
from etl.transform.templates import signature_of
from etl.transform.times import point_time


def masked(context: Context, results: Iterable[Result]) -> list[Result]:
    """The results with names as tags have them, so that all that follows means the same tests."""
    masks = context.rules.masks
    return [replace(result, suite=masks(result.suite), name=masks(result.name)) for result in results]


def report_point(context: Context, job: Job, results: Sequence[Result]) -> Point:
    """The summary of all results of a job's execution."""
    outcomes = Counter(result.outcome for result in results)
    durations = [result.duration_s for result in results if result.duration_s is not None]
    return Point(
        TEST_REPORT.name,
        job_tags(context, job),
        present(
            job_id=job.id,
            run_id=job.run_id,
            attempt=context.run.attempt,
            head_sha=printable(context.run.head_sha),
            total=len(results),
            passed=outcomes[Outcome.PASSED],
            failed=outcomes[Outcome.FAILED],
            errored=outcomes[Outcome.ERROR],
            skipped=outcomes[Outcome.SKIPPED],
            flaky=sum(result.retried_message is not None for result in results),
            duration_s=float(sum(durations)) if durations else None,
        ),
        point_time(job_second(context, job), "test_report", job.id),
    )


def test_points(context: Context, job: Job, results: Sequence[Result]) -> Iterator[Point]:
    """A point a result (or a failing one); of equal names the ordinal within the job tells them apart."""
    tags, second = job_tags(context, job), job_second(context, job)
    for result, ordinal in numbered(results):
        if context.rules.failed_only and not result.outcome.is_red:
            continue
        yield Point(
            TEST.name,
            {**tags, "suite": result.suite, "test": result.name, "outcome": result.outcome.value},
            present(
                job_id=job.id,
                duration_s=result.duration_s,
                message=None if result.outcome is Outcome.PASSED else printable(result.message),
            ),
            point_time(second, "test", job.id, result.suite, result.name, ordinal),
        )


def annotated_points(context: Context, job: Job, failures: Iterable[Failure]) -> Iterator[Point]:
    """A point a failing result that only an annotation tells of."""
    tags, second = job_tags(context, job), job_second(context, job)
    for failure in failures:
        yield Point(
            TEST.name,
            {**tags, "suite": failure.suite, "test": failure.test, "outcome": Outcome.FAILED.value},
            {"job_id": job.id, "message": printable(failure.message)},
            point_time(second, "test", job.id, failure.suite, failure.test, failure.ordinal),
        )


def failure_points(context: Context, job: Job, results: Iterable[Result]) -> Iterator[Point]:
    """A point for each failing result, with its signature."""
    tags, second = job_tags(context, job), job_second(context, job)
    for result, ordinal in numbered(results):
        if not result.outcome.is_red:
            continue
        message = printable(result.message)
        template = context.rules.templates(message)
        yield Point(
            FAILURE.name,
            {**tags, "source": "test", "signature": signature_of(template)},
            {
                "message": message,
                **present(
                    template=template,
                    test=result.name,
                    path=printable(result.path),
                    line=result.line,
                    job_id=job.id,
                    run_id=job.run_id,
                    attempt=context.run.attempt,
                    head_sha=printable(context.run.head_sha),
                ),
            },
            point_time(second, "failure", "test", job.id, result.suite, result.name, ordinal),
        )
