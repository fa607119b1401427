"""The terminal's first screen and the demo's summary: what to do first, key figures, and the top of lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from etl.model.writes import Row
from etl.report.formats import single_line
from etl.report.naming import path
from etl.report.priorities import priorities
from etl.report.rank import least_reliable, most_common
from etl.report.terminal import answer, as_text, empty, panel
from etl.report.view import Period
from etl.report.views import VIEWS

FIRST_SCREEN: Final = ("overview", "success_over_time", "findings")
_OMITTED_IF_EMPTY: Final = ("flaky", "categories")


def first_screen(
    answers: Mapping[str, Sequence[Row]],
    *,
    period: Period,
    width: int | None = None,
    color: bool | None = None,
) -> str:
    """What to do first and the key figures, from the answers to FIRST_SCREEN."""
    return as_text(lambda _cells: _first(answers, period), width, color)


def summary(
    answers: Mapping[str, Sequence[Row]],
    *,
    period: Period,
    n: int = 5,
    width: int | None = None,
    color: bool | None = None,
) -> str:
    """The first screen, the least reliable jobs, all flaky tests, and common failures.

    `n` is the maximum number of rows of the longer lists. `answers` has the answers for all of these,
    including the first screen.
    """
    parts = {
        "jobs": least_reliable(answers["jobs"], n),
        "flaky": [row for row in answers["flaky"] if row["level"] == "test"],
        "categories": answers["categories"],
        "failures": most_common(answers["failures"], n),
    }
    titles = {"jobs": "Least reliable jobs", "flaky": "Flaky tests"}
    views = VIEWS | {"flaky": VIEWS["flaky"].without("level")}

    def draw(cells: int) -> RenderableType:
        tables = (
            answer(views[name], rows, period=period, width=cells, title=titles.get(name))
            for name, rows in parts.items()
            if rows or name not in _OMITTED_IF_EMPTY
        )
        return Group(_first(answers, period), "", *tables)

    return as_text(draw, width, color)


def _first(answers: Mapping[str, Sequence[Row]], period: Period) -> RenderableType:
    overview = VIEWS["overview"]
    rows = answers["overview"]
    if not rows or not rows[0].get(overview.columns[0].key):
        return Text(empty(overview, period))
    figures = panel(overview, rows[0], period, answers["success_over_time"])
    return Group(*_to_do(answers["findings"], period), "", figures)


def _to_do(findings: Sequence[Row], period: Period) -> Iterator[RenderableType]:
    found = priorities(findings)
    repositories = {row["repository"] for row in findings}
    where = f": {single_line(repositories.pop())}" if len(repositories) == 1 else ""
    yield Text(f"What to do first, {period}{where}\n", style="bold")
    if not found.first:
        yield Text(
            "Nothing: no job or test is broken, flaky, slower or less reliable beyond what chance gives."
        )
        return
    lines = Table.grid(padding=(0, 1))
    lines.add_column(justify="right", style="dim", no_wrap=True)
    lines.add_column(overflow="fold")
    for number, item in enumerate(found.first, start=1):
        called = Text(path([item.where, ""]) if item.where else "", style="dim")
        called.append(item.name, style="not dim bold")
        lines.add_row(str(number), called.append(f" {item.sentence}", style="not dim not bold"))
    yield lines
    if found.more:
        yield Text(f"\nand {found.more} more: `ci-health show findings`", style="dim")
