"""What a job's execution says for flake evidence: a record that outlives its points.

A failing result is kept as it is; passing ones are kept as hashes alone, since there are many.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import compress

from etl.extract.junit_case import cut
from etl.extract.records import Job
from etl.extract.results import Outcome
from etl.transform.context import Context
from etl.transform.job_tests import JobTests
from etl.transform.jobs import job_second, job_tags
from etl.transform.known_tests import key_of
from etl.transform.names import printable
from etl.transform.schema import COUNTED, SUCCESS
from etl.transform.times import elapsed

# Characters of a message that evidence keeps: it is loaded again for every run of the same commit.
_LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Failure:
    """A failing result of a test, by names as tags have them; `ordinal` counts equal ones. A report's `message` is cut.

    `annotated`: known from an annotation alone, so that only a green job tells that it passed. `ran`:
    results of its name that were not skipped, such as one a browser.
    """

    suite: str
    test: str
    ordinal: int
    message: str
    annotated: bool = False
    ran: int = 1

    @property
    def key(self) -> bytes:
        """The hash by which as many passing results of the same test are found."""
        return key_of(self.suite, self.test, self.ran - 1)


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of a job that counts in success rates, with what its tests told.

    `job` is the name by which executions are compared at job level (empty where no job is known, so
    that there is nothing to compare), `shards` the same without the number of a shard. `ended_at` is in Unix seconds. `outage`: most tests of its report failed, so
    that its failures are no evidence for tests, and are none of its own. `passed` are hashes of passing results,
    None without a report.
    """

    job_id: int
    run_id: int
    attempt: int
    workflow_id: int
    job: str
    shards: str
    event: str
    head_sha: str
    ended_at: int
    green: bool
    outage: bool
    duration_s: float | None
    message: str
    tags: dict[str, str]
    failures: tuple[Failure, ...] = ()
    passed: frozenset[bytes] | None = None

    def shows_passing(self, failure: Failure) -> bool:
        """Whether the failing test passed here."""
        if failure.annotated:
            return self.green
        return self.passed is not None and failure.key in self.passed


def execution_of(
    context: Context,
    job: Job,
    *,
    tests: JobTests | None,
    annotated: Iterable[Failure],
    message: str,
) -> Execution | None:
    """The record of a job's execution; None for one that counts nowhere (cancelled, skipped …)."""
    if job.conclusion not in COUNTED:
        return None
    tags = job_tags(context, job)
    outage = tests is not None and context.rules.guard.is_outage(tests.counts)
    return Execution(
        job_id=job.id,
        run_id=job.run_id,
        attempt=context.run.attempt,
        workflow_id=context.run.workflow_id,
        job=tags["job"] if tests is None or tests.is_job else "",
        shards=" ".join(context.rules.shard.sub("", tags["job"]).split()),
        event=context.run.event,
        head_sha=printable(context.run.head_sha),
        ended_at=job_second(context, job),
        green=job.conclusion == SUCCESS,
        outage=outage,
        duration_s=elapsed(job.started_at, job.completed_at),
        message=message,
        tags=tags,
        failures=() if outage else (*(_failures(tests) if tests else ()), *annotated),
        passed=None if tests is None else _passed(tests),
    )


def retried(tests: JobTests) -> Iterator[Failure]:
    """What failed and passed on a retry within the report."""
    for test, ordinal, result in tests:
        if result.retried_message is not None:
            yield Failure(test.suite, test.name, ordinal, cut(result.retried_message, _LONGEST))


def _failures(tests: JobTests) -> Iterator[Failure]:
    red = {test.key for test, _, _ in tests.red}
    ran = Counter(
        test.key
        for test, _, result in (tests if red else ())
        if test.key in red and result.outcome is not Outcome.SKIPPED
    )
    for test, ordinal, result in tests.red:
        yield Failure(test.suite, test.name, ordinal, cut(result.message, _LONGEST), ran=ran[test.key])


def _passed(tests: JobTests) -> frozenset[bytes]:
    """Those that passed, numbered among such; a name that also failed here (another browser) is no counterpart."""
    red = {test.key for test, _, _ in tests.red}
    if not any(tests.ordinals):
        passing = [one.outcome is Outcome.PASSED for one in tests.results]
        return frozenset([test.key for test in compress(tests.tests, passing)]) - red
    skipped: Counter[bytes] = Counter()
    passed = set()
    for test, ordinal, result in tests:
        if result.outcome is Outcome.SKIPPED:
            skipped[test.key] += 1
        elif result.outcome is Outcome.PASSED and test.key not in red:
            passed.add(test.key_at(ordinal - skipped[test.key]) if ordinal else test.key)
    return frozenset(passed)
