"""Playwright's `json` reporter: all attempts of each test, in each project.

Source: `JSONReport` in Playwright's types. A test that is expected to fail passes by failing.
"""

from collections.abc import Iterator
from typing import Any

from etl.errors import DataError
from etl.extract.reports.json_text import items, mapping, milliseconds, text
from etl.extract.reports.sink import Sink
from etl.model.results import Outcome
from etl.model.text import WITHIN

_OUTCOMES = {
    "expected": Outcome.PASSED,
    "flaky": Outcome.PASSED,
    "unexpected": Outcome.FAILED,
    "skipped": Outcome.SKIPPED,
}
_DEPTH = 200


def is_report(document: Any) -> bool:
    """Whether a JSON document is one of Playwright."""
    return isinstance(document, dict) and {"config", "suites"} <= document.keys() and "errors" in document


def read(document: Any, sink: Sink) -> None:
    """Add a result a test and project; an error outside of any test is a result of its own."""
    for suite in items(document["suites"]):
        for titles, spec in _specs(mapping(suite), ()):
            for test in map(mapping, items(spec.get("tests"))):
                _add(titles, spec, test, sink)
    for error in items(document["errors"]):
        sink.add("", "playwright", Outcome.ERROR, message=_error(mapping(error)))


def _specs(suite: dict[str, Any], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    if len(above) > _DEPTH:
        raise DataError(f"suites are nested more than {_DEPTH} deep")
    titles = (*above, text(suite.get("title")))
    for spec in items(suite.get("specs")):
        yield titles, mapping(spec)
    for inner in items(suite.get("suites")):
        yield from _specs(mapping(inner), titles)


def _add(titles: tuple[str, ...], spec: dict[str, Any], test: dict[str, Any], sink: Sink) -> None:
    attempts = [mapping(one) for one in items(test.get("results"))]
    failed = [one for one in attempts if one.get("status") not in {"passed", "skipped"}]
    outcome = _OUTCOMES.get(text(test.get("status")), Outcome.FAILED)
    last = attempts[-1] if attempts else {}
    line, told = spec.get("line"), ""
    if outcome.is_red:
        told = (
            _told(failed[-1])
            if failed
            else f"passed, and was expected to be {text(test.get('expectedStatus'))}"
        )
    is_flaky = test.get("status") == "flaky" and bool(failed)
    sink.add(
        titles[0],
        WITHIN.join((*titles[1:], text(spec.get("title")))),
        outcome,
        duration_s=milliseconds(last.get("duration")),
        message=told,
        path=text(spec.get("file")),
        line=line if isinstance(line, int) else None,
        retried_message=_told(failed[-1]) if is_flaky else None,
    )


def _told(attempt: dict[str, Any]) -> str:
    errors = [_error(mapping(error)) for error in items(attempt.get("errors"))]
    told = next(filter(None, errors), "") or _error(mapping(attempt.get("error")))
    return told or text(attempt.get("status"))


def _error(error: dict[str, Any]) -> str:
    return text(error.get("message")) or text(error.get("value")) or text(error.get("stack"))
