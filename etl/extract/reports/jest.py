"""The JSON reports of Jest (`--json`) and Vitest (`--reporter=json`).

Source: `FormattedTestResults` of @jest/test-result; Vitest writes the same. A retried test has more than one
of Jest's `invocations`, or failure messages beside its pass in Vitest. A file that could not be run is a
result named after it.
"""

from typing import Any

from etl.extract.reports.json_text import items, mapping, milliseconds, number, text
from etl.extract.reports.sink import Sink, in_repository
from etl.model.results import Outcome

_OUTCOMES = {"passed": Outcome.PASSED, "failed": Outcome.FAILED, "focused": Outcome.PASSED}


def is_report(document: Any) -> bool:
    """Whether a JSON document is one of Jest or Vitest."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("testResults"), list)
        and "numTotalTests" in document
    )


def read(document: Any, sink: Sink) -> None:
    """Add the results of all files."""
    for file in map(mapping, items(document["testResults"])):
        path = in_repository(text(file.get("name")) or text(file.get("testFilePath")))
        tests = [mapping(test) for test in items(file.get("assertionResults") or file.get("testResults"))]
        for test in tests:
            _add(path, test, sink)
        red = any(_OUTCOMES.get(text(test.get("status"))) is Outcome.FAILED for test in tests)
        if file.get("status") == "failed" and not red:
            told = text(file.get("message")) or text(file.get("failureMessage"))
            sink.add(path, path, Outcome.ERROR, message=told, path=path)


def _add(path: str, test: dict[str, Any], sink: Sink) -> None:
    outcome = _OUTCOMES.get(text(test.get("status")), Outcome.SKIPPED)
    failures = [text(message) for message in items(test.get("failureMessages")) if text(message)]
    line = mapping(test.get("location")).get("line")
    sink.add(
        path,
        text(test.get("fullName")) or text(test.get("title")),
        outcome,
        duration_s=milliseconds(test.get("duration")),
        message=failures[0] if failures else "",
        path=path,
        line=line if isinstance(line, int) else None,
        retried_message=_healed(test, failures) if outcome is Outcome.PASSED else None,
    )


def _healed(test: dict[str, Any], failures: list[str]) -> str | None:
    """What failed before a test passed; Jest may say only that something did."""
    told = [
        text(one) for name in ("retryReasons", "retryMessages") for one in items(test.get(name)) if text(one)
    ]
    if told or failures:
        return (told or failures)[-1]
    return "" if (number(test.get("invocations")) or 1) > 1 else None
