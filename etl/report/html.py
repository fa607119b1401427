"""The answers as one HTML file that needs nothing else: no network, no scripts, light and dark."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from etl.load.store import Row
from etl.report.charts import by_workflow, daily, line_chart, sparkline
from etl.report.formats import Kind, harmless, single_line, written
from etl.report.rank import least_reliable, most_common
from etl.report.views import FAILURES, JOBS, OVERVIEW, VIEWS, WORKFLOWS, Column, Period, View

# Longer lists make a page nobody reads; the page says what it leaves out and where to find it.
MOST_ROWS: Final = 100


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of an answer that the page shows, and how many it leaves out."""

    view: View
    columns: tuple[Column, ...]
    rows: Sequence[Row]
    left_out: int


def render(
    answers: Mapping[str, Sequence[Row]], *, period: Period, generated_at: datetime, title: str
) -> str:
    """The report as a whole HTML document.

    `answers` has the rows of `overview`, `workflows`, `jobs`, `failures` and `success_over_time`
    for `period`; `title` says whose health it is. The same answers at the same `generated_at` are the same bytes.
    """
    style = _style()
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            title=single_line(title),
            period=period,
            generated_at=generated_at.astimezone(UTC),
            style=Markup(style),  # noqa: S704 - the packaged file
            policy=_policy(style),
            overview=OVERVIEW,
            figures=[
                figure for row in answers["overview"] if row["runs"] for figure in OVERVIEW.figures(row)
            ],
            chart=line_chart(daily(answers["success_over_time"]), period.start, period.stop),
            sparklines={
                workflow: sparkline(days, period.start, period.stop)
                for workflow, days in by_workflow(answers["success_over_time"]).items()
            },
            workflows=_section(WORKFLOWS, least_reliable(answers["workflows"])),
            jobs=_section(JOBS, least_reliable(answers["jobs"])),
            failures=_section(FAILURES, most_common(answers["failures"])),
        )
    )


def _section(view: View, rows: Sequence[Row]) -> Section:
    shown = rows[:MOST_ROWS]
    agreed = {
        column.key
        for column in view.columns
        if column.foldable and len({row.get(column.key) for row in rows}) == 1
    }
    columns = tuple(
        column for column in view.columns if column.narrowest is not None and column.key not in agreed
    )
    return Section(view, columns, shown, len(rows) - len(shown))


def _policy(style: str) -> str:
    """Content-Security-Policy: nothing but this very style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def web_address(value: Any) -> str | None:
    """The value when it is an http or https address that a page may link to, else None."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in {"http", "https"} and parts.netloc else None


def _written(value: Any, column: Column) -> str:
    return written(value, column.kind)


def _excerpt(text: str, length: int) -> str:
    """The beginning of a text: one message can be larger than the rest of the page."""
    return harmless(text if len(text) <= length else f"{text[: length - 1]}…")


@cache
def _style() -> str:
    return files("etl.report").joinpath("report.css").read_text("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("etl.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"written": _written, "excerpt": _excerpt, "web_address": web_address}
    environment.globals |= {"Kind": Kind, "VIEWS": VIEWS}
    return environment
