"""A table that fits the terminal's width, by leaving out what says least before cutting what things are called."""

from collections.abc import Sequence
from typing import Final, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from etl.model.writes import Row
from etl.report.columns import Column
from etl.report.formats import UNKNOWN, Kind, shorten, written
from etl.report.naming import path, starts, without_starts

TREND_STYLE: Final = "cyan"
_NARROWEST_NAME: Final = 8
_PADDING: Final = 2
# What things are called, which less important columns make room for; messages are cut as before.
_NAMES: Final = ("repository", "workflow", "job", "suite", "test", "name", "runner")
_MESSAGES: Final = ("template", "message")
_LONG_NAME: Final = 40
_ANY: Final = 1_000
_SEVERAL: Final = 2

_Cells = dict[str, list[str]]  # the texts of each column's cells, by its key


def table(columns: Sequence[Column], rows: Sequence[Row], width: int, title: str) -> RenderableType:
    """The rows as a table at most `width` cells wide.

    What all rows share stands in the title instead of a column. Where names do not fit, the columns that only
    wider terminals need go first, the least important one before others.
    """
    folded = {column.key: _only_value(rows, column) for column in columns if column.foldable}
    shown = [
        column
        for column in columns
        if column.narrowest is not None
        and width >= column.narrowest
        and not folded.get(column.key)
        and any(row.get(column.key) is not None for row in rows)
    ]
    begin = {key: start for key, start in starts(rows).items() if key in {column.key for column in shown}}
    cut = [without_starts(row, begin) for row in rows]
    cells = {column.key: [written(row.get(column.key), column.kind) for row in cut] for column in shown}
    shown = _those_that_fit(shown, cells, width)
    if _need(shown, cells) > width:
        shown = _stacked(shown, cells)
    widths = _widths(shown, cells, width)
    drawn = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for column, cell_width in zip(shown, widths, strict=True):
        justify: Literal["left", "right"] = "right" if column.kind.is_number else "left"
        style = TREND_STYLE if column.kind is Kind.TREND else ""
        drawn.add_column(column.title, justify=justify, width=cell_width, no_wrap=True, style=style)
    for place in range(len(rows)):
        texts = (cells[column.key][place] for column in shown)
        drawn.add_row(*(_text(text, cell_width) for text, cell_width in zip(texts, widths, strict=True)))
    shared = [value for value in folded.values() if value not in (None, UNKNOWN)]
    shared += [f"{column.title.lower()} {begin[column.key]}…" for column in shown if column.key in begin]
    where = ", ".join(shared)
    return Group(Text(f"{title}: {where}" if where else title, style="bold"), Text(), drawn, Text())


def _text(text: str, width: int) -> Text:
    """A cell's text in its width; what stands below the first line is quiet."""
    first, *below = (shorten(line, width) for line in text.split("\n"))
    return Text(first).append("".join(f"\n{line}" for line in below), style="dim")


def _only_value(rows: Sequence[Row], column: Column) -> str | None:
    """The column's value if it is the same in all rows."""
    values = {row.get(column.key) for row in rows}
    return written(values.pop(), column.kind) if len(values) == 1 else None


def _those_that_fit(columns: Sequence[Column], cells: _Cells, width: int) -> list[Column]:
    """Leave out columns that only wider terminals need, the least important first, until names fit."""
    left = list(columns)
    while _need(left, cells) > width:
        spare = [column for column in left if column.narrowest and column.key not in _NAMES]
        if not spare:
            break
        left.remove(max(reversed(spare), key=lambda column: column.narrowest or 0))
    return left


def _stacked(columns: Sequence[Column], cells: _Cells) -> list[Column]:
    """The columns with all names in one: the closest name, and below it where that is."""
    names = [column for column in columns if column.key in _NAMES]
    if len(names) < _SEVERAL:
        return list(columns)
    closest = names[-1]
    rows = zip(*(cells[column.key] for column in names), strict=True)
    cells[closest.key] = [_one_below_the_other([name for name in row if name != UNKNOWN]) for row in rows]
    return [column for column in columns if column.key not in _NAMES or column is closest]


def _one_below_the_other(names: Sequence[str]) -> str:
    where = path(names[:-1])
    return f"{names[-1]}\n{where}" if where else "".join(names) or UNKNOWN


def _need(columns: Sequence[Column], cells: _Cells) -> int:
    """The width at which no name is cut, unless it is a very long one; messages may be."""
    needs = [min(_column_need(column, cells), _most_needed(column)) for column in columns]
    return sum(needs) + _PADDING * (len(columns) - 1)


def _most_needed(column: Column) -> int:
    if column.key in _NAMES:
        return _LONG_NAME
    return _NARROWEST_NAME if column.key in _MESSAGES else _ANY


def _column_need(column: Column, cells: _Cells) -> int:
    lines = (line for text in cells[column.key] for line in text.split("\n"))
    return max(cell_len(column.title), *map(cell_len, lines))


def _widths(columns: Sequence[Column], cells: _Cells, width: int) -> list[int]:
    """The width of each column: what it needs, except that texts share what numbers and dates leave.

    Short texts such as states take theirs first, then names, and messages get what is left.
    """
    needs = [_column_need(column, cells) for column in columns]
    texts = [place for place, column in enumerate(columns) if column.kind is Kind.TEXT]
    left = width - _PADDING * (len(columns) - 1)
    left -= sum(need for place, need in enumerate(needs) if place not in texts)
    ranks = [_rank(columns[place].key) for place in texts]
    for rank in sorted(set(ranks)):
        own = sorted((place for place in texts if _rank(columns[place].key) == rank), key=needs.__getitem__)
        reserved = _NARROWEST_NAME * sum(other > rank for other in ranks)
        for position, place in enumerate(own):
            share = (left - reserved) // (len(own) - position)
            needs[place] = min(needs[place], max(_NARROWEST_NAME, share))
            left -= needs[place]
    return needs


def _rank(key: str) -> int:
    return 2 if key in _MESSAGES else int(key in _NAMES)
