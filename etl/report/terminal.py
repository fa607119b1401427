"""Answers in the terminal: tables that fit its width, or JSON and CSV for programs."""

import io
from collections.abc import Callable, Sequence
from typing import Final, Literal

from rich import box
from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from etl.model.writes import Row
from etl.report.columns import TREND
from etl.report.formats import written
from etl.report.json_csv import to_csv, to_json
from etl.report.terminal_table import TREND_STYLE, table
from etl.report.trends import by_workflow, sparkline, together
from etl.report.view import Period, View
from etl.report.views import VIEWS

Form = Literal["table", "json", "csv"]

# Questions whose tables show a trend per workflow or for all workflows combined.
TRENDING: Final = ("overview", "workflows")

_PADDING: Final = 2
_BARS_NARROW: Final = 16
_BARS_WIDE: Final = 31
_WIDE: Final = 120
_STYLES: Final = {True: "green", False: "red", None: "dim"}


def render(
    question: str,
    rows: Sequence[Row],
    form: Form,
    *,
    period: Period,
    over_time: Sequence[Row] = (),
    by_job: bool = False,
    width: int | None = None,
    color: bool | None = None,
) -> str:
    """The answer as text with a newline at the end, ready for stdout.

    `over_time` has the rows of `success_over_time`, for the trends of `TRENDING` questions. `by_job` gives a
    test one row for each of its jobs. `width` is in cells, and `color` turns styles on or off; None uses what
    stdout supports (no colours for a pipe). Raises KeyError for a question without a view.
    """
    view = VIEWS[question]
    return in_form(
        view,
        rows,
        form,
        lambda cells: answer(view, rows, period=period, over_time=over_time, by_job=by_job, width=cells),
        width=width,
        color=color,
    )


def in_form(
    view: View,
    rows: Sequence[Row],
    form: Form,
    as_table: Callable[[int], RenderableType],
    *,
    width: int | None = None,
    color: bool | None = None,
) -> str:
    """Rows as JSON, as CSV, or as what `as_table` makes for a width in cells."""
    if form == "json":
        return to_json(view, rows)
    if form == "csv":
        return to_csv(view, rows)
    return as_text(as_table, width, color)


def answer(
    view: View,
    rows: Sequence[Row],
    *,
    period: Period,
    width: int,
    over_time: Sequence[Row] = (),
    by_job: bool = False,
    title: str | None = None,
) -> RenderableType:
    """The answer as a rich renderable, at most `width` cells wide.

    With `over_time`, workflows and the overview include a trend.
    """
    if not rows or (view.single and not rows[0].get(view.columns[0].key)):
        return Text(empty(view, period))
    if view.single:
        return panel(view, rows[0], period, over_time)
    title = f"{title or view.title}, {period}"
    rows = view.for_people(rows, by_job=by_job)
    if not over_time:
        return table(view.columns, rows, width, title)
    trends = by_workflow(over_time, period)
    bars = _BARS_WIDE if width >= _WIDE else _BARS_NARROW
    drawn = {name: sparkline(trend, bars) for name, trend in trends.items()}
    trending = [{**row, TREND.key: drawn.get((row["repository"], row["workflow"]))} for row in rows]
    return table((*view.columns, TREND), trending, width, title)


def empty(view: View, period: Period) -> str:
    """The message for an empty answer, with what to do."""
    return (
        f"no {view.noun} in the {period}: run `ci-health sync` for the newest, "
        f"`ci-health backfill --since DATE` for the past, or ask for more days with `--days N`"
    )


def as_text(draw: Callable[[int], RenderableType], width: int | None, color: bool | None) -> str:
    """The output of `draw` at a width in cells, ready for stdout; None uses what stdout supports."""
    stdout = Console()
    can_color = not stdout.no_color and stdout.color_system is not None
    cells = width or stdout.width
    console = Console(
        file=io.StringIO(),
        width=cells,
        force_terminal=False,
        color_system="standard" if (can_color if color is None else color) else None,
        legacy_windows=False,
        highlight=False,
    )
    with console.capture() as capture:
        console.print(draw(cells))
    return "".join(f"{line.rstrip()}\n" for line in capture.get().splitlines())


def panel(view: View, row: Row, period: Period, over_time: Sequence[Row]) -> RenderableType:
    """The figures of a single answer with their changes, and a trend if `over_time` has one."""
    figures = view.figures(row)
    grid = Table.grid(padding=(0, _PADDING))
    grid.add_column(no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    grid.add_column(justify="right", no_wrap=True)
    for figure in figures:
        grid.add_row(
            figure.column.title,
            Text(written(figure.now, figure.column.kind), style="bold"),
            Text(figure.change, style=_STYLES[figure.is_good]),
        )
    trend = together(by_workflow(over_time, period).values())
    if trend:
        grid.add_row("Runs that succeed, trend", Text(sparkline(trend, _BARS_NARROW), style=TREND_STYLE), "")
    return Panel(
        grid,
        title=f"{view.title}, {period}",
        title_align="left",
        subtitle="change from the previous period"
        if any(figure.change for figure in figures)
        else "nothing stored for the previous period",
        subtitle_align="right",
        box=box.ROUNDED,
        expand=False,
    )
