"""Dart's and Flutter's `--reporter json` (`--machine`): an event a line.

Source: the protocol's description in package:test (`doc/json_reporter.md`). A test of `@Retry` that passes
ends with `success` after `error` events of its earlier attempts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etl.extract.reports.json_text import mapping, number, objects, text
from etl.model.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etl.extract.reports.sink import Sink

_OUTCOMES = {"success": Outcome.PASSED, "failure": Outcome.FAILED, "error": Outcome.ERROR}
_TYPES = {"start", "suite", "testStart", "allSuites", "group", "testDone", "done", "error", "print"}
_OVERHEAD = 500


def is_event(event: dict[str, Any]) -> bool:
    """Whether an object is an event of Dart's reporter."""
    return event.get("type") in _TYPES and "time" in event


@dataclass(slots=True)
class _Test:
    name: str
    suite: str
    line: int | None
    started: float
    message: str | None = None


def read(lines: Iterator[str], sink: Sink) -> None:
    """Add the results of all suites; a test that did not end is an error."""
    suites: dict[object, str] = {}
    tests: dict[object, _Test] = {}
    try:
        for event in objects(lines):
            _take(event, suites, tests, sink)
    finally:
        for test in tests.values():
            sink.add(
                test.suite, test.name, Outcome.ERROR, message=test.message or "did not end", path=test.suite
            )


def _take(event: dict[str, Any], suites: dict[object, str], tests: dict[object, _Test], sink: Sink) -> None:
    kind = event.get("type")
    if kind == "suite":
        suite = mapping(event.get("suite"))
        sink.hold(_OVERHEAD)
        suites[_id(suite.get("id"))] = text(suite.get("path"))
    elif kind == "testStart":
        test, line = mapping(event.get("test")), mapping(event.get("test")).get("line")
        sink.hold(_OVERHEAD)
        tests[_id(test.get("id"))] = _Test(
            text(test.get("name")),
            suites.get(_id(test.get("suiteID")), ""),
            line if isinstance(line, int) else None,
            number(event.get("time")) or 0.0,
        )
    elif kind == "error" and (known := tests.get(_id(event.get("testID")))):
        known.message = text(event.get("error"))[: sink.longest]
        sink.hold(len(known.message))
    elif kind == "testDone" and (ended := tests.pop(_id(event.get("testID")), None)):
        _end(ended, event, sink)


def _end(test: _Test, event: dict[str, Any], sink: Sink) -> None:
    outcome = _OUTCOMES.get(text(event.get("result")), Outcome.ERROR)
    sink.content.held -= _OVERHEAD + len(test.message or "")
    # Loading a file is a test of its own, hidden unless it fails.
    if event.get("hidden") is True and not outcome.is_red:
        return
    if event.get("skipped") is True:
        outcome = Outcome.SKIPPED
    healed = test.message if outcome is Outcome.PASSED else None
    seconds = ((number(event.get("time")) or 0.0) - test.started) / 1000
    sink.add(
        test.suite,
        test.name,
        outcome,
        duration_s=seconds,
        message=test.message or "",
        path=test.suite,
        line=test.line,
        retried_message=healed,
    )


def _id(value: object) -> object:
    return value if isinstance(value, int | str) else None
