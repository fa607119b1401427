"""Results of a job's tests → `test_report`, `test` and `failure` points."""

from collections.abc import Iterable, Iterator

from etl.memo import Memo
from etl.model.evidence import Failure, key_of, number_of
from etl.model.points import NANOSECONDS, Columns, FieldValue, Point, point_of
from etl.model.records import Job
from etl.model.results import Outcome, Result
from etl.model.schema import FAILURE, TEST, TEST_REPORT
from etl.model.series import MAX_SERIES, Series
from etl.transform.context import Context, present
from etl.transform.failures.categories import TEST as TEST_CATEGORY
from etl.transform.failures.own_names import with_place, without_own_name
from etl.transform.failures.templates import signature_of
from etl.transform.jobs import job_second, job_tags
from etl.transform.names import printable
from etl.transform.results.identity import KnownTest
from etl.transform.results.job_results import JobTests
from etl.transform.times import offset, point_time


def report_point(context: Context, tests: JobTests) -> Point:
    """The `test_report` point: a summary of all results of a job's execution."""
    job, counts = tests.job, tests.counts
    durations = [result.duration_s for result in tests.results if result.duration_s is not None]
    return Point(
        TEST_REPORT.name,
        job_tags(context, job),
        present(
            job_id=job.id,
            run_id=job.run_id,
            attempt=context.run.attempt,
            head_sha=printable(context.run.head_sha),
            total=len(tests.results),
            passed=counts[Outcome.PASSED],
            failed=counts[Outcome.FAILED],
            errored=counts[Outcome.ERROR],
            skipped=counts[Outcome.SKIPPED],
            flaky=sum(result.retried_message is not None for result in tests.results),
            duration_s=float(sum(durations)) if durations else None,
        ),
        point_time(job_second(context, job), "test_report", job.id),
    )


def test_points(context: Context, tests: JobTests) -> tuple[Columns, list[Point]]:
    """A point for each result (or each failing one); those with a duration and no message as columns.

    Results of the same name differ by their ordinal within the job.
    """
    job, job_id = _jobs[(*job_tags(context, tests.job).items(),)], tests.job.id
    start, of_job = job_second(context, tests.job) * NANOSECONDS, offset("test", job_id)
    series, times, durations, others = [], [], [], []
    for test, ordinal, result in tests.red if context.rules.failed_only else tests:
        outcome, duration = result.outcome, result.duration_s
        number = test.number_at(ordinal) if ordinal else test.number
        time = start + (of_job + number) % NANOSECONDS
        own = _series[job, test, outcome]
        if duration is None or (outcome is not _PASSED and result.message):
            others.append(point_of((own, _fields(job_id, result), time)))
        else:
            series.append(own)
            times.append(time)
            durations.append(duration)
    columns = Columns(series, {"job_id": [job_id] * len(series), "duration_s": durations}, times)
    return columns, others


def _fields(job_id: int, result: Result) -> dict[str, FieldValue]:
    message = "" if result.outcome is _PASSED else printable(result.message)
    return present(job_id=job_id, duration_s=result.duration_s, message=message)


def annotated_points(context: Context, job: Job, failures: Iterable[Failure]) -> Iterator[Point]:
    """A point for each failing result that only an annotation reports."""
    tags, second, of_job = job_tags(context, job), job_second(context, job), offset("test", job.id)
    for failure in failures:
        number = number_of(key_of(failure.suite, failure.test, failure.ordinal))
        yield Point(
            TEST.name,
            {**tags, "suite": failure.suite, "test": failure.test, "outcome": Outcome.FAILED.value},
            {"job_id": job.id, "message": printable(failure.message)},
            second * NANOSECONDS + (of_job + number) % NANOSECONDS,
        )


def test_failure_points(context: Context, tests: JobTests) -> Iterator[Point]:
    """A point for each failing result, with its signature."""
    job = tests.job
    tags, second = job_tags(context, job), job_second(context, job)
    for test, ordinal, result in tests.red:
        message = printable(result.message)
        own = without_own_name(message, result.suite, result.name)
        template = with_place(context.rules.templates(own), f"{test.suite} {test.name}")
        yield Point(
            FAILURE.name,
            {**tags, "source": "test", "category": TEST_CATEGORY, "signature": signature_of(template)},
            {
                "message": message,
                **present(
                    template=template,
                    test=test.name,
                    path=printable(result.path),
                    line=result.line,
                    job_id=job.id,
                    run_id=job.run_id,
                    attempt=context.run.attempt,
                    head_sha=printable(context.run.head_sha),
                ),
            },
            point_time(second, "failure", "test", job.id, test.suite, test.name, ordinal),
        )


_PASSED = Outcome.PASSED


class _Job:
    """A job's tags, with a cache of the series of its tests."""

    def __init__(self, tags: tuple[tuple[str, str], ...]) -> None:
        self.tags = tags
        self.length = _length(tags)


def _series_of(identity: tuple[_Job, KnownTest, Outcome]) -> Series:
    job, test, outcome = identity
    return Series(
        TEST.name, {**dict(job.tags), "suite": test.suite, "test": test.name, "outcome": outcome.value}
    )


def _length(tags: tuple[tuple[str, str], ...]) -> int:
    return sum(len(value) for _, value in tags)


def _length_of(identity: tuple[_Job, KnownTest, Outcome]) -> int:
    job, test, _ = identity
    return job.length + len(test.suite) + len(test.name)


_jobs = Memo(_Job, most=4_096, length=_length, longest=MAX_SERIES, typical=256)
_series = Memo(_series_of, most=65_536, length=_length_of, longest=MAX_SERIES, typical=256)
