"""Results of a job's execution with names as in tags, from which all points of tests are made."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from etl.model.records import Job
from etl.model.results import Outcome, Report, Result
from etl.transform.context import Context
from etl.transform.results.identity import KnownTest
from etl.transform.results.retries import without_false_retries

# A test, the ordinal (from 0) of this result among its results in the execution, and the result.
Named = tuple[KnownTest, int, Result]


@dataclass(frozen=True, slots=True)
class JobTests:
    """All results of an execution in order, with their tests and ordinals, and the failing ones.

    `ordinals` number the results of the same test; `counts` is the number of results by outcome. `is_job` is
    False if no job was found for the report.
    """

    job: Job
    is_job: bool
    results: Sequence[Result]
    tests: Sequence[KnownTest]
    ordinals: Sequence[int]
    red: Sequence[Named]
    counts: Counter[Outcome]

    @property
    def ran(self) -> int:
        """How many results are of tests that ran."""
        return self.counts.total() - self.counts[Outcome.SKIPPED]

    def __iter__(self) -> Iterator[Named]:
        return zip(self.tests, self.ordinals, self.results, strict=True)


def named(context: Context, report: Report) -> JobTests:
    """The results of a report, with names as in tags."""
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
    """The ordinal of each result among those of the same test; nearly always 0."""
    if len({test.key for test in tests}) == len(tests):
        return [0] * len(tests)
    ordinals = []
    seen: Counter[bytes] = Counter()
    for test in tests:
        ordinals.append(seen[test.key])
        seen[test.key] += 1
    return ordinals
