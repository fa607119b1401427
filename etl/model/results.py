"""Results of tests as a report holds them: records, no parsing."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from etl.anomalies import Anomaly
from etl.model.records import Job


class Outcome(StrEnum):
    """How a test ended."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"

    # Enum's own is a function in Python; outcomes are keys for every result.
    __hash__ = str.__hash__

    @property
    def is_red(self) -> bool:
        """Whether it is a failing result."""
        return self is _FAILED or self is _ERROR


_FAILED, _ERROR = Outcome.FAILED, Outcome.ERROR


class CaseName(NamedTuple):
    """What tells tests apart within a report.

    `suite` is the case's classname, or where that says nothing its class, its file or the suites around it.
    """

    suite: str
    name: str


class Result(NamedTuple):
    """One test's result, a tuple since there are many; a test that was retried within its report is one, its last.

    `message` is empty where the test passed. `retried_message` is the failing message of a test that
    failed and passed on a retry within its report (evidence `in_report`), None for all others.
    `attempts` are all results of a test whose retry is presumed from equal names alone, this one the
    last; empty where the report itself tells of the retry, and for all others.
    """

    case: CaseName
    outcome: Outcome
    duration_s: float | None
    message: str = ""
    path: str = ""
    line: int | None = None
    retried_message: str | None = None
    attempts: tuple["Result", ...] = ()

    @property
    def is_red(self) -> bool:
        """Whether it is a failing result."""
        return self.outcome.is_red

    @property
    def suite(self) -> str:
        """The case's suite."""
        return self.case.suite

    @property
    def name(self) -> str:
        """The case's name."""
        return self.case.name


# A result of all its values in their order. The constructor of a NamedTuple takes three times as long.
new_result: Callable[[tuple[object, ...]], Result] = partial(tuple.__new__, Result)


@dataclass(slots=True)
class Content:
    """What an artifact holds: results of its reports, and an anomaly (kind `report`) for each that cannot be read.

    `passed_over` are files that are no reports, with what they are. `held` is roughly how many bytes these and
    earlier results of the run take, `needed` how many a document would have taken that was left out for that.
    `is_broken`: it is no artifact as GitHub stores them, so that another answer may be. `is_whole`: nothing of it
    was left out because it could not be read.
    """

    results: list[Result] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)
    held: int = 0
    needed: int = 0
    is_broken: bool = False
    is_whole: bool = True


@dataclass(slots=True)
class Report:
    """All results of one execution of a job; `is_job` is false where no job was found for them."""

    job: Job
    is_job: bool
    results: list[Result] = field(default_factory=list)
