"""The answers as one self-contained HTML file with charts and tables, in light and dark colours.

This module renders the skeleton; the page's script draws tables, charts and pages from data packed in the page.
The page's policy allows only its own style and scripts.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from etl.model.writes import Row
from etl.report.columns import Column
from etl.report.formats import single_line, written
from etl.report.grid import grid
from etl.report.grid_cells import by_differences
from etl.report.owners import NOBODY, Owners
from etl.report.packing import packed
from etl.report.page import content, shown
from etl.report.pages.facts import facts
from etl.report.pages.known import known
from etl.report.pages.pages import pages
from etl.report.priorities import priorities
from etl.report.view import Period
from etl.report.views import OVERVIEW

_LIBRARY: Final = "vendor/uplot"
_SCRIPTS: Final = (
    "format",
    "elements",
    "table",
    "charts",
    "grid",
    "packed",
    "parts",
    "routes",
    "search",
    "page",
)


def render(
    answers: Mapping[str, Sequence[Row]],
    *,
    period: Period,
    generated_at: datetime,
    title: str,
    owners: Owners = NOBODY,
) -> str:
    """The report as a complete HTML document.

    `answers` has the rows of `overview` and of any questions that the page shows, for `period`; `title`
    names the project, and `owners` who owns its files. The same input gives the same bytes.
    """
    tables = shown(answers)
    found = known(answers)
    over_time = answers.get("success_over_time", ())
    data = content(tables, over_time, period, found.link) | {
        "grid": by_differences(grid(answers, found.link))
    }
    made = pages(facts(answers, found, period, owners))
    css, theme, script = style(), _text("script/theme.js"), _script()
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            title=single_line(title),
            period=period,
            generated_at=generated_at.astimezone(UTC),
            policy=policy([css], [theme, script]),
            # Packaged files, and data in Base64, which has no character that is special in HTML.
            style=Markup(css),  # noqa: S704
            theme=Markup(theme),  # noqa: S704
            script=Markup(script),  # noqa: S704
            data=Markup(packed(data)),  # noqa: S704
            index=Markup(packed(made.index)),  # noqa: S704
            pages=Markup("\n".join(made.packed)),  # noqa: S704
            has_trends=bool(data["trends"]),
            has_grid=bool(data["grid"]["sheets"]),
            figures=[
                figure for row in answers["overview"] if row["runs"] for figure in OVERVIEW.figures(row)
            ],
            priorities=priorities(answers.get("findings", ()), link=found.link),
            tables=tables,
        )
    )


def policy(styles: Sequence[str], scripts: Sequence[str]) -> str:
    """Content-Security-Policy: only these styles and scripts, and no markup made from text at run time."""
    return (
        f"default-src 'none'; style-src {_digests(styles)}; script-src {_digests(scripts)}; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _digests(texts: Sequence[str]) -> str:
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in hashes)


@cache
def style() -> str:
    """The stylesheet of all pages."""
    return _text(f"{_LIBRARY}/uPlot.min.css") + _text("report.css")


@cache
def _script() -> str:
    """The library with its licence, as that requires, and the page's own scripts."""
    own = "".join(_text(f"script/{name}.js") for name in _SCRIPTS)
    return f'/*\n{_text(f"{_LIBRARY}/LICENSE")}*/\n{_text(f"{_LIBRARY}/uPlot.iife.min.js")}\n(() => {{\n"use strict";\n{own}}})();\n'


@cache
def _text(name: str) -> str:
    return files("etl.report").joinpath(name).read_text("utf-8")


def _written(value: Any, column: Column) -> str:
    return written(value, column.kind)


@cache
def environment() -> Environment:
    """The environment of the templates in this folder."""
    environment = Environment(
        loader=PackageLoader("etl.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"written": _written}
    return environment
