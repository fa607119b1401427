"""Cucumber's `json` formatter, which most of its kind write: behave, Reqnroll, cucumber-jvm, godog.

Source: the schema of cucumber-json. A scenario is as its worst step; it has the last attempt alone, so that no
retry can be seen.
"""

from typing import Any

from etl.extract.reports.json_text import items, mapping, number, text
from etl.extract.reports.sink import Sink
from etl.model.results import Outcome

_RED = {"failed": Outcome.FAILED, "ambiguous": Outcome.ERROR, "undefined": Outcome.ERROR}
_SKIPPED = {"skipped", "pending", "untested"}
_NANOSECONDS = 1e9


def is_report(document: Any) -> bool:
    """Whether a JSON document is one of Cucumber."""
    features = [mapping(feature) for feature in items(document)]
    return bool(features) and all("keyword" in feature and "name" in feature for feature in features)


def read(document: Any, sink: Sink) -> None:
    """Add a result a scenario."""
    for feature in map(mapping, items(document)):
        for scenario in map(mapping, items(feature.get("elements"))):
            if scenario.get("type") != "background" and text(scenario.get("keyword")).strip() != "Background":
                _add(feature, scenario, sink)


def _add(feature: dict[str, Any], scenario: dict[str, Any], sink: Sink) -> None:
    steps = [mapping(one) for name in ("before", "steps", "after") for one in items(scenario.get(name))]
    results = [mapping(step.get("result")) for step in steps]
    worst = next((one for one in results if one.get("status") in _RED), None)
    skipped = not worst and any(one.get("status") in _SKIPPED for one in results)
    outcome = _RED[text(worst.get("status"))] if worst else Outcome.SKIPPED if skipped else Outcome.PASSED
    line = scenario.get("line")
    sink.add(
        text(feature.get("name")),
        text(scenario.get("name")),
        outcome,
        duration_s=_seconds(results),
        message=_message(worst, steps) if worst else "",
        path=text(feature.get("uri")),
        line=line if isinstance(line, int) else None,
    )


def _message(worst: dict[str, Any], steps: list[dict[str, Any]]) -> str:
    told = worst.get("error_message")
    if told:
        return text(told) or "\n".join(map(text, items(told)))
    step = next(step for step in steps if step.get("result") is worst or mapping(step.get("result")) == worst)
    return f"{text(worst.get('status'))}: {text(step.get('keyword'))}{text(step.get('name'))}"


def _seconds(results: list[dict[str, Any]]) -> float | None:
    """Cucumber writes whole nanoseconds, behave seconds with a fraction."""
    given = [one.get("duration") for one in results]
    known = [value for value in map(number, given) if value is not None]
    if not known:
        return None
    return sum(known) / (1 if any(isinstance(value, float) for value in given) else _NANOSECONDS)
