"""Mocha's `json` reporter, which Cypress has too.

Source: `lib/reporters/json.js`. `currentRetry` tells that a test ran again, after a failure each time. A hook that
fails is among the failures and not among the tests.
"""

from typing import Any

from etl.extract.reports.json_text import items, mapping, milliseconds, number, text
from etl.extract.reports.sink import Sink, in_repository
from etl.model.results import Outcome

_LISTS = {"passes": Outcome.PASSED, "failures": Outcome.FAILED, "pending": Outcome.SKIPPED}


def is_report(document: Any) -> bool:
    """Whether a JSON document is one of Mocha."""
    return (
        isinstance(document, dict)
        and "stats" in document
        and all(isinstance(document.get(name), list) for name in _LISTS)
    )


def read(document: Any, sink: Sink) -> None:
    """Add its results."""
    for name, outcome in _LISTS.items():
        for test in map(mapping, items(document[name])):
            _add(test, outcome, sink)


def _add(test: dict[str, Any], outcome: Outcome, sink: Sink) -> None:
    path, error = in_repository(text(test.get("file"))), mapping(test.get("err"))
    retried = outcome is Outcome.PASSED and (number(test.get("currentRetry")) or 0) > 0
    told = text(error.get("message")) or text(error.get("stack"))
    sink.add(
        path,
        text(test.get("fullTitle")) or text(test.get("title")),
        outcome,
        duration_s=milliseconds(test.get("duration")),
        message=told,
        path=path,
        retried_message=told if retried else None,
    )
