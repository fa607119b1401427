"""Results of tests as a report holds them: records, no parsing."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from etl.extract.records import Job


class Outcome(StrEnum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"

    @property
    def is_red(self) -> bool:
        """Whether it is a failing result."""
        return self is _FAILED or self is _ERROR


_FAILED, _ERROR = Outcome.FAILED, Outcome.ERROR


class Result(NamedTuple):
    """One test's result, a tuple since there are many; a case that was retried within its `<testsuite>` is one, its last.

    `suite` is the case's classname, else the name of its innermost named suite. `message` is empty
    where the test passed. `retried_message` is the failing message of a case that failed and passed
    on a retry within its report (evidence `in_report`), None for all others. `ordinal` counts results
    of the same suite and name within a job's execution; within a report it is 0.
    """

    suite: str
    name: str
    outcome: Outcome
    duration_s: float | None
    message: str = ""
    path: str = ""
    line: int | None = None
    retried_message: str | None = None
    ordinal: int = 0

    @property
    def key(self) -> tuple[str, str]:
        """What tells tests apart within a job."""
        return self[:2]


def failing(results: Iterable[Result]) -> list[Result]:
    """Those that failed."""
    return [result for result in results if result.outcome is _FAILED or result.outcome is _ERROR]


@dataclass(slots=True)
class Report:
    """All results of one execution of a job; `is_job` is false where no job was found for them."""

    job: Job
    is_job: bool
    results: list[Result] = field(default_factory=list)
