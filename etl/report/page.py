"""The data that the page's script draws: tables and trends. Pure functions.

All text is shortened and made harmless here, and links are limited to http and https; the script inserts
them as text, never as markup.
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from etl.model.writes import Row
from etl.report.addresses import Links, nowhere
from etl.report.columns import TREND
from etl.report.formats import Kind, harmless, instant, single_line
from etl.report.naming import MAX_NAME, NAMES, excerpt, names, path, starts, without_starts
from etl.report.rank import least_reliable, most_common, most_failing
from etl.report.things import WITHIN
from etl.report.trends import Trend, Workflow, by_workflow, days, together
from etl.report.view import Period, View
from etl.report.views import VIEWS

# A page with more rows takes seconds to open; it says what is left out and where to find it.
MAX_ROWS: Final = 10_000
_MAX_DETAIL: Final = 4000
_LINKS: Final = {"url": "GitHub", "failed_url": "failed", "passed_url": "passed"}
_ALL: Final = "All workflows"


@dataclass(frozen=True, slots=True)
class Table:
    """How the page shows a question's rows.

    `detail` is the column whose text expands below a row, and `called` the one that names rows without a name.
    """

    question: str
    note: str
    order: Callable[[Iterable[Row]], Sequence[Row]] = list
    detail: str | None = None
    trend: bool = False
    called: str | None = None

    @property
    def view(self) -> View:
        """The question's view."""
        return VIEWS[self.question]


@dataclass(frozen=True, slots=True)
class Shown:
    """A table with its sorted rows.

    `common` has the columns with the same value in all rows, and `starts` what the names of a column begin with.
    """

    table: Table
    rows: Sequence[Row]
    common: Mapping[str, Any]
    starts: Mapping[str, str]
    left_out: int

    @property
    def where(self) -> str:
        """What all rows share, as sentences."""
        called = path(names(self.common))
        titles = {column.key: column.title for column in self.table.view.columns}
        sentences = [f"All in {called}." if called else ""]
        sentences += [f"{titles[key]}s begin with {start}" for key, start in self.starts.items()]
        return " ".join(filter(None, sentences))


TABLES: Final = (
    Table(
        "broken",
        "On the default branch and others with their own tag, since which commit; red that flakes explain is no "
        "break. Repaired breaks show how long the repair took.",
    ),
    Table(
        "worse",
        "What has become slower, waits longer or succeeds less often since a commit of this period, beyond "
        "chance, by what it costs in minutes per week.",
    ),
    Table(
        "better",
        "What has become faster, waits less or succeeds more often since a commit of this period: the effect "
        "of fixes.",
    ),
    Table(
        "workflows",
        "From least to most reliable; the trend is the success rate of each day.",
        least_reliable,
        trend=True,
    ),
    Table("jobs", "From least to most reliable.", least_reliable),
    Table(
        "flaky",
        "Proven ones failed and passed on the same commit; suspected ones keep failing among passes, which no break "
        "that a commit repaired explains. Ordered by a lower bound of the flake rate, which takes the number of runs "
        "into account.",
        detail="message",
    ),
    Table(
        "newly_flaky",
        "In this period, they began to fail and pass on the same commit, or to fail among passes.",
    ),
    Table(
        "categories",
        "What is the code's fault, and what the network's, a registry's or a runner's: shares of all "
        "failures.",
        called="category",
    ),
    Table(
        "failures",
        "Messages that differ only in numbers, addresses and names count as one.",
        most_common,
        detail="message",
    ),
    Table(
        "tests",
        "Broken ones, which failed every time in the last 7 days, come first; flaky ones also passed on the "
        "same commit.",
        most_failing,
    ),
    Table("slow", "By total time; p95 next to that of the previous period."),
)  # fmt: skip


def shown(answers: Mapping[str, Sequence[Row]]) -> list[Shown]:
    """The tables of the answered questions, in the page's order."""
    return [arranged(table, answers[table.question]) for table in TABLES if table.question in answers]


def content(
    tables: Iterable[Shown], over_time: Sequence[Row], period: Period, link: Links = nowhere
) -> dict[str, Any]:
    """Everything that the script draws, as JSON-compatible values; `link` gives the rows' pages."""
    trends = by_workflow(over_time, period)
    return {
        "tables": {item.table.question: drawn(item, link, trends) for item in tables},
        "days": [int(day.timestamp()) for day in days(period)],
        "trends": _trends(trends),
    }


def web_address(value: Any) -> str | None:
    """The value if it is an http or https address that a page may link to, else None."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.netloc else None


def arranged(table: Table, rows: Iterable[Row]) -> Shown:
    """A question's rows as a table shows them."""
    ordered = table.order(table.view.for_people(rows))
    common = {
        column.key: ordered[0].get(column.key)
        for column in table.view.columns
        if column.foldable and ordered and len({row.get(column.key) for row in ordered}) == 1
    }
    left_out = max(0, len(ordered) - MAX_ROWS)
    return Shown(table, ordered[:MAX_ROWS], common, starts(ordered), left_out)


def drawn(
    item: Shown, link: Links = nowhere, trends: Mapping[Workflow, Trend] | None = None
) -> dict[str, Any]:
    """A table as the script draws it."""
    view, detail = item.table.view, item.table.detail
    columns = [
        column
        for column in view.columns
        if column.narrowest is not None
        and column.key not in (*item.common, *NAMES, *_LINKS, detail, item.table.called)
        and any(row.get(column.key) is not None for row in item.rows)
    ]
    links = [
        key
        for key in _LINKS
        if any(web_address(one.get(key)) for row in item.rows for one in (row, *row.get(WITHIN, ())))
    ]
    places = (
        {workflow: place for place, workflow in enumerate(trends or (), start=1)} if item.table.trend else {}
    )

    def packed(row: Row) -> list[Any]:
        named = {**row, "job": None} if WITHIN in row else row
        if item.table.called:
            named = {**row, "name": row[item.table.called]}
        return [
            names(without_starts(named, item.starts), item.common),
            [
                *(_cell(row.get(column.key), column.kind) for column in columns),
                *([places.get((row["repository"], row["workflow"]))] if places else []),
            ],
            _detail(row.get(detail)) if detail else None,
            [web_address(row.get(key)) for key in links],
            link(row),
        ]

    return {
        "name": _title(view, item.table.called),
        "columns": [
            {"key": column.key, "title": column.title, "kind": column.kind.name}
            for column in [*columns, *([TREND] if places else [])]
        ],
        "links": [_LINKS[key] for key in links],
        "rows": [[*packed(row), *_jobs(row, packed, link)] for row in item.rows],
    }


def _jobs(row: Row, packed: Callable[[Row], list[Any]], link: Links) -> list[Any]:
    """What the jobs of a test are called together, and each with its state and its own row; else nothing."""
    within = row.get(WITHIN, ())
    if not within:
        return []
    states = [single_line(str(one.get("state") or one.get("kind"))) for one in within]
    called = [names({"job": one["job"]}) for one in within]
    pages = [link({name: one[name] for name in ("repository", "workflow", "job")}) for one in within]
    rows = [[name, *packed(one)[1:-1], page] for name, one, page in zip(called, within, pages, strict=True)]
    return [names({"job": row["job"]})[-1], states, rows]


def _title(view: View, called: str | None) -> str:
    """The title of the name column: the most specific name, unless rows have several levels."""
    if called:
        return next(column.title for column in view.columns if column.key == called)
    if any(column.key == "level" for column in view.columns):
        return "Name"
    return next(column.title for column in reversed(view.columns) if column.key in NAMES)


def _cell(value: Any, kind: Kind) -> Any:
    if isinstance(value, int):
        return value
    if isinstance(value, float | Decimal):
        return round(float(value), 6) if math.isfinite(value) else None
    if kind is Kind.TIME or isinstance(value, datetime):
        moment = instant(value)
        return None if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return None if value is None else excerpt(single_line(str(value)), MAX_NAME)


def _detail(value: Any) -> str | None:
    return excerpt(harmless(str(value)), _MAX_DETAIL) if value else None


def _trends(trends: Mapping[Workflow, Trend]) -> list[dict[str, Any]]:
    """All workflows combined, then each one."""
    several = len({repository for repository, _ in trends}) > 1
    named = [
        (path(names({"repository": repository if several else None, "workflow": workflow})), trend)
        for (repository, workflow), trend in trends.items()
    ]
    everything = together(trends.values())
    return [
        {
            "name": name,
            "success": trend.success,
            "total": trend.total,
            "p50": [_cell(value, Kind.DURATION) for value in trend.p50_s],
            "p95": [_cell(value, Kind.DURATION) for value in trend.p95_s],
        }
        for name, trend in ([(_ALL, everything), *named] if everything else [])
    ]
