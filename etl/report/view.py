"""How an answer is shown, as data, and the period that it covers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from etl.model.writes import Row
from etl.report.columns import Better, Column
from etl.report.formats import change
from etl.report.things import WITHIN

# Suffix of a single answer's keys for the previous period of the same length.
BEFORE: Final = "_before"


@dataclass(frozen=True, slots=True)
class View:
    """How the answer to one question is shown; a `single` answer is one object, not a list.

    `things` makes one row of what several jobs share, and `readable` converts a row for tables if its text
    depends on more than one value; programs get the rows unchanged.
    """

    question: str
    title: str
    noun: str
    columns: tuple[Column, ...]
    single: bool = False
    readable: Callable[[Row], Row] | None = None
    things: Callable[[Iterable[Row]], list[Row]] | None = None

    def for_people(self, rows: Iterable[Row], *, by_job: bool = False) -> list[Row]:
        """The rows as tables show them; `by_job` keeps one for each job."""
        whole = rows if by_job or self.things is None else self.things(rows)
        return [self._readable(row) for row in whole]

    def _readable(self, row: Row) -> Row:
        if self.readable is None:
            return row
        within = {WITHIN: [self.readable(one) for one in row[WITHIN]]} if WITHIN in row else {}
        return {**self.readable(row), **within}

    def without(self, key: str) -> "View":
        """The same view without one column."""
        return replace(self, columns=tuple(column for column in self.columns if column.key != key))

    def figures(self, row: Row) -> list["Figure"]:
        """The row's values with those of the previous period, except values unknown in both."""
        figures = [
            Figure(column, row.get(column.key), row.get(column.key + BEFORE))
            for column in self.columns
            if column.narrowest is not None
        ]
        return [figure for figure in figures if (figure.now, figure.before) != (None, None)]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a single answer, now and in the previous period; None if unknown."""

    column: Column
    now: Any
    before: Any

    @property
    def change(self) -> str:
        """The change as text: `+1.3 pp`, `-4.0 %`, or empty if either value is unknown."""
        return change(self.now, self.before, self.column.kind)

    @property
    def is_good(self) -> bool | None:
        """Whether the change is good; None if it is neither good nor bad."""
        if not self.change or self.now == self.before or self.column.better is Better.NEITHER:
            return None
        return (self.now > self.before) is (self.column.better is Better.HIGHER)


@dataclass(frozen=True, slots=True)
class Period:
    """The time span of an answer: start ≤ time < stop."""

    start: datetime
    stop: datetime

    @property
    def last_day(self) -> date:
        """The last day (UTC) that the period includes, at least partly."""
        return (self.stop - timedelta(microseconds=1)).astimezone(UTC).date()

    @property
    def days(self) -> int:
        """The length in days, rounded, at least one."""
        return max(1, round((self.stop - self.start).total_seconds() / 86400))

    def __str__(self) -> str:
        """Readable text: `last 30 days`."""
        return "last day" if self.days == 1 else f"last {self.days} days"
