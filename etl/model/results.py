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
    """What tells tests apart within a report: `suite` is the case's classname, else the name of its innermost named suite."""

    suite: str
    name: str


class Result(NamedTuple):
    """One test's result, a tuple since there are many; a case that was retried within its `<testsuite>` is one, its last.

    `message` is empty where the test passed. `retried_message` is the failing message of a case that
    failed and passed on a retry within its report (evidence `in_report`), None for all others.
    """

    case: CaseName
    outcome: Outcome
    duration_s: float | None
    message: str = ""
    path: str = ""
    line: int | None = None
    retried_message: str | None = None

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

    `held` is roughly how many bytes these and earlier results of the run take. `is_broken`: it is no
    artifact as GitHub stores them, so that another answer may be.
    """

    results: list[Result] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    held: int = 0
    is_broken: bool = False


@dataclass(slots=True)
class Report:
    """All results of one execution of a job; `is_job` is false where no job was found for them."""

    job: Job
    is_job: bool
    results: list[Result] = field(default_factory=list)
