"""Results of a job's execution by names as tags have them: all that is made of tests is made of these."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etl.model.records import Job
from etl.model.results import Outcome, Report, Result
from etl.transform.context import Context
from etl.transform.results.identity import KnownTest
from etl.transform.results.retries import without_false_retries

# A test, which of its results in the execution it is (from 0), and that result.
Named = tuple[KnownTest, int, Result]


@dataclass(frozen=True, slots=True)
class JobTests:
    """All results of an execution in their order, their tests and ordinals beside them, and those that failed.

    `ordinals` tell which result of its test each is, `counts` how many had each outcome. `is_job` is
    false where no job was found for them.
    """

    job: Job
    is_job: bool
    results: Sequence[Result]
    tests: Sequence[KnownTest]
    ordinals: Sequence[int]
    red: Sequence[Named]
    counts: Counter[Outcome]

    def __iter__(self) -> Iterator[Named]:
        return zip(self.tests, self.ordinals, self.results, strict=True)


def named(context: Context, report: Report) -> JobTests:
    """The results of a report, with names."""
    known, results = context.rules.tests, without_false_retries(report.job, report.results)
    tests = [known[result.case] for result in results]
    ordinals = _ordinals(tests)
    counts = Counter([result.outcome for result in results])
    red = (
        [
            (test, ordinal, result)
            for test, ordinal, result in zip(tests, ordinals, results, strict=True)
            if result.outcome.is_red
        ]
        if counts[Outcome.FAILED] or counts[Outcome.ERROR]
        else []
    )
    return JobTests(report.job, report.is_job, results, tests, ordinals, red, counts)


def _ordinals(tests: Sequence[KnownTest]) -> list[int]:
    """Which result of its test each is, in the order of the tests; nearly always the only one."""
    if len({test.key for test in tests}) == len(tests):
        return [0] * len(tests)
    ordinals = []
    seen: Counter[bytes] = Counter()
    for test in tests:
        ordinals.append(seen[test.key])
        seen[test.key] += 1
    return ordinals
