"""The answers of a report by what they are about. Pure functions."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from etl.model.writes import Row
from etl.report.grid_columns import whole_since
from etl.report.owners import Owners
from etl.report.pages.known import Known
from etl.report.trends import days
from etl.report.view import Period

_Groups = Mapping[tuple[object, ...], list[Row]]


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that pages are composed from; answers are whole from `since` on, in Unix seconds."""

    known: Known
    owners: Owners
    days: Sequence[datetime]
    since: int
    answers: Mapping[str, Sequence[Row]]
    _groups: dict[tuple[str, tuple[str, ...]], _Groups] = field(default_factory=dict)

    def of(self, question: str, row: Row, names: Sequence[str]) -> list[Row]:
        """The rows of a question's answer that have the same values as this row in these columns."""
        by = (question, tuple(names))
        if by not in self._groups:
            self._groups[by] = self._grouped(*by)
        return self._groups[by].get(tuple(row[name] for name in names), [])

    def _grouped(self, question: str, names: Sequence[str]) -> _Groups:
        found: dict[tuple[object, ...], list[Row]] = defaultdict(list)
        for row in self.answers.get(question, ()):
            found[tuple(row[name] for name in names)].append(row)
        return found


def facts(answers: Mapping[str, Sequence[Row]], known: Known, period: Period, owners: Owners) -> Facts:
    """The answers by what they are about."""
    return Facts(known, owners, days(period), whole_since(answers), answers)
