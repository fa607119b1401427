"""NUnit 3's own results (`TestResult.xml`).

Source: NUnit's documentation of the test result XML format. What fails in a fixture's tear-down, or keeps an
assembly from loading, stands at its `test-suite` alone and is a result named after it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.extract.junit_case import duration
from etl.extract.reports.xml_records import Element, Records
from etl.model.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etl.extract.reports.sink import Sink

_OUTCOMES = {
    "Passed": Outcome.PASSED,
    "Warning": Outcome.PASSED,
    "Skipped": Outcome.SKIPPED,
    "Inconclusive": Outcome.SKIPPED,
}
_ERRORS = {"Error", "Invalid", "Cancelled"}
# Where a suite failed: what its children or its parent did is told there.
_ELSEWHERE = {"Child", "Parent"}


def read(chunks: Iterable[bytes], sink: Sink) -> None:
    """Add its results."""
    report = _Report(sink)
    Records(
        sink,
        records=("test-case", "failure"),
        wanted=("failure", "message", "stack-trace", "reason"),
        containers=("test-suite",),
        record=report.take,
        enter=report.enter,
        leave=report.leave,
    ).read(chunks)


class _Report:
    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._suites: list[dict[str, str]] = []

    def enter(self, _tag: str, attributes: dict[str, str]) -> None:
        self._suites.append(attributes)

    def leave(self, _tag: str) -> None:
        self._suites.pop()

    def take(self, element: Element) -> None:
        if element.tag == "test-case":
            self._take_case(element)
        elif self._suites:
            self._take_failure(element)

    def _take_case(self, case: Element) -> None:
        message = case.first("failure", "message") or case.first("failure", "stack-trace")
        self._sink.add(
            case.get("classname") or case.get("fullname").removesuffix(f".{case.get('name')}"),
            case.get("name"),
            _outcome(case.attributes),
            duration_s=duration(case.get("duration")),
            message=message or case.first("reason", "message"),
        )

    def _take_failure(self, failure: Element) -> None:
        """Of a suite; that of a set-up is told by each of its cases."""
        attributes = self._suites[-1]
        if _outcome(attributes).is_red and attributes.get("site", "Test") not in {*_ELSEWHERE, "SetUp"}:
            name = attributes.get("fullname") or attributes.get("name", "")
            message = failure.first("message") or failure.first("stack-trace")
            self._sink.add(name, name, _outcome(attributes), message=message)


def _outcome(attributes: dict[str, str]) -> Outcome:
    known = _OUTCOMES.get(attributes.get("result", ""))
    return known or (Outcome.ERROR if attributes.get("label") in _ERRORS else Outcome.FAILED)
