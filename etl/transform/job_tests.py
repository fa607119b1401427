"""Results of a job's execution by names as tags have them: all that is made of tests is made of these."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import repeat

from etl.extract.records import Job
from etl.extract.results import Outcome, Report, Result
from etl.transform.context import Context
from etl.transform.known_tests import KnownTest

# A test, which of its results in the execution it is (from 0), and that result.
Named = tuple[KnownTest, int, Result]


@dataclass(frozen=True, slots=True)
class JobTests:
    """All results of an execution in their order, those that failed, and how many had each outcome.

    `is_job` is false where no job was found for them.
    """

    job: Job
    is_job: bool
    results: Sequence[Named]
    red: Sequence[Named]
    counts: Counter[Outcome]


def named(context: Context, report: Report) -> JobTests:
    """The results of a report, with names."""
    known = context.rules.tests
    tests = [known[result.case] for result in report.results]
    results = [*zip(tests, _ordinals(tests), report.results, strict=False)]
    counts = Counter([result.outcome for result in report.results])
    has_red = counts[Outcome.FAILED] or counts[Outcome.ERROR]
    red = [one for one in results if one[2].outcome.is_red] if has_red else []
    return JobTests(report.job, report.is_job, results, red, counts)


def _ordinals(tests: Sequence[KnownTest]) -> Iterator[int]:
    """Which result of its test each is, in the order of the tests; nearly always the only one."""
    if len({test.key for test in tests}) == len(tests):
        return repeat(0)
    return _counted(tests)


def _counted(tests: Sequence[KnownTest]) -> Iterator[int]:
    seen: Counter[bytes] = Counter()
    for test in tests:
        yield seen[test.key]
        seen[test.key] += 1
