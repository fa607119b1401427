"""CTRF, the Common Test Report Format (JSON), which reporters of many runners write.

Source: ctrf.io's schema. `flaky` says that a test passed after a failure; `retryAttempts` tell what it was.
"""

from typing import Any

from etl.extract.reports.json_text import items, mapping, milliseconds, text
from etl.extract.reports.sink import Sink
from etl.model.results import Outcome
from etl.model.text import WITHIN

_OUTCOMES = {"passed": Outcome.PASSED, "failed": Outcome.FAILED}


def is_report(document: Any) -> bool:
    """Whether a JSON document is one of CTRF."""
    results = mapping(mapping(document).get("results"))
    return isinstance(results.get("tests"), list) and ("tool" in results or "summary" in results)


def read(document: Any, sink: Sink) -> None:
    """Add its results."""
    for test in map(mapping, items(document["results"]["tests"])):
        outcome = _OUTCOMES.get(text(test.get("status")), Outcome.SKIPPED)
        path, line = text(test.get("filePath")), test.get("line")
        sink.add(
            _suite(test.get("suite")) or path,
            text(test.get("name")),
            outcome,
            duration_s=milliseconds(test.get("duration")),
            message=_message(test),
            path=path,
            line=line if isinstance(line, int) else None,
            retried_message=_healed(test) if outcome is Outcome.PASSED else None,
        )


def _suite(value: Any) -> str:
    """A string, or a list from the outermost one in."""
    return text(value) or WITHIN.join(filter(None, map(text, items(value))))


def _message(test: dict[str, Any]) -> str:
    return text(test.get("message")) or text(test.get("trace"))


def _healed(test: dict[str, Any]) -> str | None:
    """The last failure before the pass, where one is recorded."""
    attempts = [
        one for one in map(mapping, items(test.get("retryAttempts"))) if one.get("status") == "failed"
    ]
    if attempts:
        return _message(attempts[-1])
    return _message(test) if test.get("flaky") is True else None
