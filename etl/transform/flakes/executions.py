"""Records of job executions for flake evidence, kept in the state.

Failing results are kept in full; passing ones only as hashes, since there are many.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import compress

from etl.model.evidence import Execution, Failure
from etl.model.records import Job
from etl.model.results import Outcome
from etl.model.schema import COUNTED, SUCCESS
from etl.model.text import cut
from etl.transform.context import Context
from etl.transform.jobs import job_duration, job_second, job_tags
from etl.transform.names import printable
from etl.transform.results.job_results import JobTests

# Characters of a message that are kept: records are loaded again for every run of the same commit.
_LONGEST = 2_000


def execution_of(
    context: Context,
    job: Job,
    *,
    tests: JobTests | None,
    annotated: Iterable[Failure],
    message: str,
) -> Execution | None:
    """The record of a job's execution; None if it never ran or its conclusion is no evidence (cancelled, skipped …)."""
    if job.conclusion not in COUNTED or not job.taken:
        return None
    tags = job_tags(context, job)
    outage = tests is not None and context.rules.guard.is_outage(len(tests.red), tests.ran)
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
        duration_s=job_duration(job),
        message=message,
        tags=tags,
        failures=() if outage else (*(_failures(tests) if tests else ()), *annotated),
        passed=None if tests is None else _passed(tests),
    )


def retried(tests: JobTests) -> Iterator[Failure]:
    """Tests that failed and passed on a retry within the report."""
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
    """Passing tests, numbered by name; without names that also failed here (another browser)."""
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
