"""The parts that pages are composed of, as JSON-compatible values that the script draws. Pure functions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from etl.model.writes import Row
from etl.report.addresses import FAILURE, JOB, TEST, Links
from etl.report.columns import of
from etl.report.findings import sentence
from etl.report.formats import harmless, instant, unix_seconds, written
from etl.report.grid_marks import told
from etl.report.naming import excerpt, names, path
from etl.report.page import Table, arranged, drawn, web_address

Part = dict[str, Any]

# Titles of the figures of executions.
OF_EXECUTIONS: Final = {
    "p50_s": "Takes, median",
    "p95_s": "Takes, p95",
    "queued_p50_s": "Waits, median",
    "minutes": "Runner minutes",
}
_DAY: Final = timedelta(days=1)
_FINE: Final = 10  # what is less than this has a decimal
_MOST_ROWS: Final = 15
_MOST_MESSAGES: Final = {FAILURE: 10, JOB: 6, TEST: 6}
_MOST_FINDINGS: Final = 8
_MOST_TIMES: Final = 4
# A whole message is on the page of its failure, to which those of others lead.
_LONGEST_MESSAGE: Final = {FAILURE: 2_000, JOB: 240, TEST: 240}
_GOOD: Final = ("faster", "waits less", "more reliable")


def figures(row: Row, columns: str, **titles: str) -> list[list[str]]:
    """The known values of a row as titles and texts; `titles` are for columns that need longer ones."""
    changes = {key: {"title": title} for key, title in titles.items()}
    return [
        [column.title, written(row[column.key], column.kind)]
        for column in of(columns, **changes)
        if row.get(column.key) is not None
    ]


def findings(rows: Sequence[Row], link: Links, subject: Mapping[str, Any]) -> list[Part]:
    """What was found, as sentences, what lasts and costs most first.

    `subject` has the names that the page is about; what else a finding is about stands in front of it.
    """
    shown = sorted(rows, key=lambda row: (row["until"] is not None, -row["cost_minutes"]))
    found = [_finding(row, link, subject) for row in shown[:_MOST_FINDINGS]]
    more = len(shown) - len(found)
    rest = {"name": None, "page": None, "text": f"And {more} more.", "tone": "ended", "url": None}
    return [*found, *([rest] if more else [])]


def _finding(row: Row, link: Links, subject: Mapping[str, Any]) -> Part:
    closer = {name: row[name] for name in ("job", "name") if subject.get(name) != row[name]}
    called, is_over = names(closer)[-1:], row["until"] is not None
    # Of a test, its job is named on the page of the test: there the job's page is what is of use.
    about = {**row, "level": "job"} if called and "name" not in closer else row
    return {
        "name": called[0] if called else None,
        "page": link(about) if called else None,
        "text": told(row) if is_over or not called else sentence(row),
        "tone": "ended" if is_over else "better" if row["kind"] in _GOOD else "",
        "url": None if row["kind"] == "flaky" else web_address(row["url"]),
    }


def chart(
    title: str, style: str, unit: str, lines: Mapping[str, Sequence[float | None]], **others: Any
) -> list[Part]:
    """A chart of values by day, in style `lines`, `areas` or `bars`; none if all are unknown or zero."""
    known = {label: values for label, values in lines.items() if any(values)}
    if not known:
        return []
    drawn_lines = [{"label": label, "values": list(values)} for label, values in known.items()]
    return [{"type": "chart", "title": title, "style": style, "unit": unit, "lines": drawn_lines, **others}]


def percentiles(rows: Sequence[Row], days: Sequence[datetime]) -> dict[str, list[float | None]]:
    """The lines of a chart of how long executions took."""
    return {"Median": by_day(rows, "p50_s", days), "p95": by_day(rows, "p95_s", days)}


def by_day(rows: Iterable[Row], name: str, days: Sequence[datetime]) -> list[float | None]:
    """A column's value on each day; None where there is no row."""
    values: list[float | None] = [None] * len(days)
    for row in rows:
        time = instant(row["time"])
        place = (time - days[0]) // _DAY if time else -1
        if 0 <= place < len(days) and row[name] is not None:
            values[place] = round(float(row[name]), 1 if row[name] < _FINE else None)
    return values


def starts(rows: Iterable[Row], kinds: Sequence[str]) -> list[list[Any]]:
    """Where findings of these kinds began, for a chart: Unix time and kind."""
    return [[unix_seconds(row["since"]), row["kind"]] for row in rows if row["kind"] in kinds]


def table(title: str, made: Table, rows: Sequence[Row], link: Links, most: int = _MOST_ROWS) -> list[Part]:
    """A table like those of the report, of so many rows about the page's thing; none without rows."""
    item = arranged(made, rows)
    shown = replace(item, rows=item.rows[:most])
    more = len(item.rows) - len(shown.rows)
    return [{"type": "table", "title": title, **drawn(shown, link), "more": more}] if item.rows else []


def messages(title: str, rows: Iterable[Row], link: Links, of: str) -> list[Part]:
    """The newest messages, each once, with when and where it was said last; the page is `of` a kind of thing."""
    said: dict[str, list[Row]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: unix_seconds(row["time"]), reverse=True):
        said[str(row["message"])].append(row)
    items = [
        {
            "text": excerpt(harmless(text), _LONGEST_MESSAGE[of]),
            "failure": None if of == FAILURE else link(own[0]),
            "said": [_saying(row, link, of) for row in own[:_MOST_TIMES]],
        }
        for text, own in list(said.items())[: _MOST_MESSAGES[of]]
    ]
    more = len(said) - len(items)
    return [{"type": "messages", "title": title, "items": items, "more": more}] if items else []


def _saying(row: Row, link: Links, of: str) -> list[Any]:
    """When a message was said, in which job and of which test, unless the page is of that, and the link to it."""
    place = {name: row[name] for name in ("repository", "workflow", "job")}
    test = {"repository": row["repository"], "workflow": row["workflow"], "test": row["test"]}
    where = [path(names({**place, "repository": None})), link(place)] if of != JOB else None
    what = [names({"test": row["test"]})[-1], link(test)] if row["test"] and of != TEST else None
    return [unix_seconds(row["time"]), where, what, web_address(row["url"])]
