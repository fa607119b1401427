"""What the answer to a question looks like, as data, and the period that it is of."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from etl.model.writes import Row
from etl.report.columns import Better, Column
from etl.report.formats import change

# Suffix of a single answer's keys for the period of the same length before.
BEFORE: Final = "_before"


@dataclass(frozen=True, slots=True)
class View:
    """How the answer to one question is shown; `single` answers are one object, not a list."""

    question: str
    title: str
    noun: str
    columns: tuple[Column, ...]
    single: bool = False

    def without(self, key: str) -> "View":
        """The same without a column that the rows to be shown make needless."""
        return replace(self, columns=tuple(column for column in self.columns if column.key != key))

    def figures(self, row: Row) -> list["Figure"]:
        """The row's values beside those of the period before, without what is unknown in both."""
        figures = [
            Figure(column, row.get(column.key), row.get(column.key + BEFORE))
            for column in self.columns
            if column.narrowest is not None
        ]
        return [figure for figure in figures if (figure.now, figure.before) != (None, None)]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a single answer, and the same of the period before; None where unknown."""

    column: Column
    now: Any
    before: Any

    @property
    def change(self) -> str:
        """The change in words: `+1.3 pp`, `-4.0 %`, or nothing where a side is unknown."""
        return change(self.now, self.before, self.column.kind)

    @property
    def is_good(self) -> bool | None:
        """Whether the change is good news; None where it is neither good nor bad."""
        if not self.change or self.now == self.before or self.column.better is Better.NEITHER:
            return None
        return (self.now > self.before) is (self.column.better is Better.HIGHER)


@dataclass(frozen=True, slots=True)
class Period:
    """The time an answer covers: start ≤ time < stop."""

    start: datetime
    stop: datetime

    @property
    def last_day(self) -> date:
        """The last day (UTC) with a part in the period."""
        return (self.stop - timedelta(microseconds=1)).astimezone(UTC).date()

    def __str__(self) -> str:
        """Read as people say it: `last 30 days`."""
        days = max(1, round((self.stop - self.start).total_seconds() / 86400))
        return "last day" if days == 1 else f"last {days} days"
