"""TRX, what `dotnet test --logger trx` and Visual Studio write.

Source: the schema of `TestRun` (vstst.xsd). Classes stand apart from the results, in definitions that follow them.
Rows of data are results inside of their test's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.extract.reports.xml_records import Element, Records
from etl.model.results import CaseName, Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etl.extract.reports.sink import Sink

_OUTCOMES = {
    **dict.fromkeys(("Passed", "PassedButRunAborted", "Warning", "Completed"), Outcome.PASSED),
    **dict.fromkeys(
        ("NotExecuted", "NotRunnable", "Inconclusive", "Pending", "Disconnected"), Outcome.SKIPPED
    ),
    **dict.fromkeys(("Error", "Timeout", "Aborted"), Outcome.ERROR),
}
_WANTED = {
    "Output",
    "ErrorInfo",
    "Message",
    "StackTrace",
    "InnerResults",
    "UnitTestResult",
    "TestMethod",
    "Text",
}
_DEFINITION = 300


def read(chunks: Iterable[bytes], sink: Sink) -> None:
    """Add its results."""
    report = _Report(sink)
    records = Records(
        sink,
        records=("UnitTestResult", "UnitTest", "RunInfo"),
        wanted=_WANTED,
        record=report.take,
    )
    try:
        records.read(chunks)
    finally:
        report.close()


class _Report:
    """Results, and the classes of their tests by id, which come later."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._results: list[tuple[str, Result]] = []
        self._classes: dict[str, str] = {}

    def take(self, element: Element) -> None:
        if element.tag == "UnitTest":
            method = next(element.all("TestMethod"), None)
            name = method.get("className").partition(",")[0].strip() if method else ""
            self._sink.hold(_DEFINITION + len(name))
            self._classes[element.get("id")] = name
        elif element.tag == "UnitTestResult":
            for result in _rows(element):
                self._take_result(result, element.get("testId"))
        elif element.get("outcome") == "Error":
            told = element.first("Text")
            self._results.append(("", self._sink.result("", "TestRun", Outcome.ERROR, message=told)))

    def _take_result(self, element: Element, test: str) -> None:
        told = element.first("Output", "ErrorInfo", "Message") or element.first(
            "Output", "ErrorInfo", "StackTrace"
        )
        outcome = _OUTCOMES.get(element.get("outcome"), Outcome.FAILED)
        result = self._sink.result(
            "", element.get("testName"), outcome, duration_s=_seconds(element.get("duration")), message=told
        )
        self._results.append((test, result))

    def close(self) -> None:
        """Add the results, with their classes."""
        for test, result in self._results:
            of_class, name = self._classes.get(test, ""), result.name
            if of_class:
                # xUnit and NUnit put the class in front of the name.
                case = CaseName(of_class, name.removeprefix(f"{of_class}.") or name)
                self._sink.content.results.append(result._replace(case=case))
            else:
                self._sink.content.results.append(result)


def _rows(element: Element) -> list[Element]:
    """The rows of a test with data, or the result itself."""
    return list(element.all("InnerResults", "UnitTestResult")) or [element]


def _seconds(duration: str) -> float | None:
    try:
        hours, minutes, seconds = duration.split(":")
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
    except ValueError:
        return None
