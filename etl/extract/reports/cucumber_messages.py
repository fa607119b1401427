"""Cucumber's `message` formatter: an envelope a line, with all attempts of each scenario.

Source: the schema of cucumber/messages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from etl.extract.reports.json_text import mapping, number, objects, text
from etl.model.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etl.extract.reports.sink import Sink

_RED = {
    "FAILED": Outcome.FAILED,
    "AMBIGUOUS": Outcome.ERROR,
    "UNDEFINED": Outcome.ERROR,
    "UNKNOWN": Outcome.ERROR,
}
_SKIPPED = {"SKIPPED", "PENDING"}
_OVERHEAD = 400


def is_message(event: dict[str, Any]) -> bool:
    """Whether an object is an envelope of Cucumber's."""
    return any(name in event for name in ("testRunStarted", "gherkinDocument", "pickle")) or (
        "protocolVersion" in mapping(event.get("meta"))
    )


@dataclass(slots=True)
class _Attempt:
    case: str
    started: float
    outcome: Outcome = Outcome.PASSED
    message: str = ""


class _Messages:
    """What is known of features, scenarios and attempts by their ids."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._features: dict[str, str] = {}
        self._pickles: dict[str, tuple[str, str]] = {}
        self._cases: dict[str, str] = {}
        self._attempts: dict[str, _Attempt] = {}
        self._failed: dict[str, str] = {}

    def take(self, event: dict[str, Any]) -> None:
        for name, value in event.items():
            handler = getattr(self, f"_on_{name}", None)
            if handler is not None:
                self._sink.hold(_OVERHEAD)
                handler(mapping(value))

    def _on_gherkinDocument(self, document: dict[str, Any]) -> None:  # noqa: N802  (the event's name)
        self._features[text(document.get("uri"))] = text(mapping(document.get("feature")).get("name"))

    def _on_pickle(self, pickle: dict[str, Any]) -> None:
        self._pickles[text(pickle.get("id"))] = (text(pickle.get("uri")), text(pickle.get("name")))

    def _on_testCase(self, case: dict[str, Any]) -> None:  # noqa: N802
        self._cases[text(case.get("id"))] = text(case.get("pickleId"))

    def _on_testCaseStarted(self, started: dict[str, Any]) -> None:  # noqa: N802
        attempt = _Attempt(text(started.get("testCaseId")), _seconds(started.get("timestamp")))
        self._attempts[text(started.get("id"))] = attempt

    def _on_testStepFinished(self, finished: dict[str, Any]) -> None:  # noqa: N802
        attempt = self._attempts.get(text(finished.get("testCaseStartedId")))
        result = mapping(finished.get("testStepResult"))
        status = text(result.get("status")).upper()
        if attempt is None or attempt.outcome.is_red:
            return
        if status in _RED:
            attempt.outcome = _RED[status]
            attempt.message = (text(result.get("message")) or status.lower())[: self._sink.longest]
            self._sink.hold(len(attempt.message))
        elif status in _SKIPPED:
            attempt.outcome = Outcome.SKIPPED

    def _on_testCaseFinished(self, finished: dict[str, Any]) -> None:  # noqa: N802
        attempt = self._attempts.pop(text(finished.get("testCaseStartedId")), None)
        if attempt is None:
            return
        if finished.get("willBeRetried") is True:
            if attempt.outcome.is_red:
                self._failed[attempt.case] = attempt.message
            return
        uri, name = self._pickles.get(self._cases.get(attempt.case, ""), ("", ""))
        healed = self._failed.pop(attempt.case, None)
        self._sink.add(
            self._features.get(uri) or uri,
            name,
            attempt.outcome,
            duration_s=_seconds(finished.get("timestamp")) - attempt.started,
            message=attempt.message,
            path=uri,
            retried_message=healed if attempt.outcome is Outcome.PASSED else None,
        )


def read(lines: Iterator[str], sink: Sink) -> None:
    """Add a result a scenario, its last attempt's."""
    messages = _Messages(sink)
    for event in objects(lines):
        messages.take(event)


def _seconds(timestamp: Any) -> float:
    at = mapping(timestamp)
    return (number(at.get("seconds")) or 0.0) + (number(at.get("nanos")) or 0.0) / 1e9
