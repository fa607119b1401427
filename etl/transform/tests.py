"""Results of a job's tests → `test_report`, `test` and `failure` points."""

from collections.abc import Iterable, Iterator, Sequence

from etl.extract.records import Job
from etl.extract.results import Outcome, Result, failing
from etl.transform.context import Context, present
from etl.transform.executions import Failure, key_of
from etl.transform.jobs import job_second, job_tags
from etl.transform.names import printable
from etl.transform.schema import FAILURE, NANOSECONDS, TEST, TEST_REPORT, FieldValue, Point
from etl.transform.templates import signature_of
from etl.transform.times import offset, point_time


def named(context: Context, results: Iterable[Result]) -> list[Result]:
    """The results of a job's execution with names as tags have them, and the ordinal among equal ones."""
    masks, found = context.rules.masks, []
    seen: dict[tuple[str, str], int] = {}
    for result in results:
        name = masks(result.suite), masks(result.name)
        ordinal = seen.get(name, 0)
        seen[name] = ordinal + 1
        found.append(Result._make((*name, *result[2:-1], ordinal)))
    return found


def report_point(context: Context, job: Job, results: Sequence[Result]) -> Point:
    """The summary of all results of a job's execution."""
    count = [result.outcome for result in results].count
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
            passed=count(Outcome.PASSED),
            failed=count(Outcome.FAILED),
            errored=count(Outcome.ERROR),
            skipped=count(Outcome.SKIPPED),
            flaky=sum(result.retried_message is not None for result in results),
            duration_s=float(sum(durations)) if durations else None,
        ),
        point_time(job_second(context, job), "test_report", job.id),
    )


def test_points(context: Context, job: Job, results: Sequence[Result]) -> Iterator[Point]:
    """A point a result (or a failing one); of equal names the ordinal within the job tells them apart."""
    tags, second, of_job = job_tags(context, job), job_second(context, job), offset("test", job.id)
    for result in failing(results) if context.rules.failed_only else results:
        fields: dict[str, FieldValue] = {"job_id": job.id}
        if result.duration_s is not None:
            fields["duration_s"] = result.duration_s
        if result.message and result.outcome is not Outcome.PASSED:
            fields["message"] = printable(result.message)
        yield Point(
            TEST.name,
            {**tags, "suite": result.suite, "test": result.name, "outcome": result.outcome._value_},
            fields,
            _test_time(second, of_job, key_of(result.suite, result.name, result.ordinal)),
        )


def annotated_points(context: Context, job: Job, failures: Iterable[Failure]) -> Iterator[Point]:
    """A point a failing result that only an annotation tells of."""
    tags, second, of_job = job_tags(context, job), job_second(context, job), offset("test", job.id)
    for failure in failures:
        yield Point(
            TEST.name,
            {**tags, "suite": failure.suite, "test": failure.test, "outcome": Outcome.FAILED.value},
            {"job_id": job.id, "message": printable(failure.message)},
            _test_time(second, of_job, key_of(failure.suite, failure.test, failure.ordinal)),
        )


def failure_points(context: Context, job: Job, results: Iterable[Result]) -> Iterator[Point]:
    """A point for each failing result, with its signature."""
    tags, second = job_tags(context, job), job_second(context, job)
    for result in failing(results):
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
            point_time(second, "failure", "test", job.id, result.suite, result.name, result.ordinal),
        )


def _test_time(second: int, job: int, test: bytes) -> int:
    """The time of a test's point by what stands for the job and for the test: of both there are few."""
    return second * NANOSECONDS + (job + int.from_bytes(test, "big")) % NANOSECONDS
