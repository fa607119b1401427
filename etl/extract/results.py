"""Results of tests as a report holds them: records, no parsing."""

from dataclasses import dataclass, field
from enum import StrEnum

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
        return self in (Outcome.FAILED, Outcome.ERROR)


@dataclass(frozen=True, slots=True)
class Result:
    """One test's result; a case that was retried within its `<testsuite>` is one, its last.

    `suite` is the case's classname, else the name of its innermost named suite. `message` is empty
    where the test passed. `retried_message` is the failing message of a case that failed and passed
    on a retry within its report (evidence `in_report`), None for all others.
    """

    suite: str
    name: str
    outcome: Outcome
    duration_s: float | None
    message: str = ""
    path: str = ""
    line: int | None = None
    retried_message: str | None = None


@dataclass(slots=True)
class Report:
    """All results of one execution of a job; `is_job` is false where no job was found for them."""

    job: Job
    is_job: bool
    results: list[Result] = field(default_factory=list)
