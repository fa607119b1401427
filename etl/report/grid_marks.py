"""Marks of the grid: where in a row a finding began, and as far as it lasts. Pure functions."""

from collections.abc import Sequence
from typing import Any, Final

from etl.model.writes import Row
from etl.report.findings import sentence
from etl.report.formats import instant, unix_seconds

# What is worth a mark, in the order of the script's styles.
_KINDS: Final = ("broken", "flaky", "slower", "waits longer", "less reliable")

Columns = Sequence[tuple[str, int]]  # commits with their Unix times, the newest first


def marks(findings: Sequence[Row], columns: Columns, *, level: str, **subject: Any) -> list[list[Any]]:
    """The marks of a row: newest column, column past the oldest, whether it began there, kind and sentence.

    `subject` has the columns of `findings` that name the row. Findings of one kind that overlap, as those of
    a test in several jobs, are one mark with the sentence of the most expensive.
    """
    spans: dict[str, list[list[Any]]] = {}
    own = [
        row
        for row in findings
        if row["kind"] in _KINDS
        and row["level"] == level
        and all(row[name] == value for name, value in subject.items())
    ]
    for row in sorted(own, key=lambda row: -row["cost_minutes"]):
        span = _span(row, columns)
        if span is None:
            continue
        same = spans.setdefault(row["kind"], [])
        beside = next((one for one in same if one[0] < span[1] and span[0] < one[1]), None)
        if beside is None:
            same.append(span)
        else:
            beside[2] = beside[2] if beside[1] >= span[1] else span[2]
            beside[:2] = min(beside[0], span[0]), max(beside[1], span[1])
    return [span for kind in _KINDS for span in spans.get(kind, ())]


def _span(row: Row, columns: Columns) -> list[Any] | None:
    since, until = unix_seconds(row["since"]), unix_seconds(row["until"])
    places = {commit: place for place, (commit, _) in enumerate(columns)}
    newer = sum(moment >= since for _, moment in columns)
    stop = places[row["since_sha"]] + 1 if row["since_sha"] in places else newer
    start = sum(moment >= until for _, moment in columns) if until else 0
    if start >= stop:
        return None
    began = stop < len(columns) or row["since_sha"] in places
    return [start, stop, began, _KINDS.index(row["kind"]), told(row)]


def told(row: Row) -> str:
    """A finding as a sentence: what lasts, or from when to when it did."""
    began, ended = instant(row["since"]), instant(row["until"])
    if began is None or ended is None:
        said = sentence(row)
        return said[:1].upper() + said[1:]
    return f"{row['kind'].capitalize()} from {began:%b} {began.day} to {ended:%b} {ended.day}."
