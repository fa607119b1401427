"""Explains why filters match nothing: which name is not stored, and which ones are. Pure functions."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Final

from etl.model.writes import Row
from etl.report.formats import single_line

# Names that questions can be filtered by, the most general first, and the question that lists them all.
LISTED_BY: Final = {"repository": "jobs", "workflow": "jobs", "job": "jobs", "branch": "attempts"}
_MAX_LISTED: Final = 8


def unknown(filters: Mapping[str, str], rows: Mapping[str, Iterable[Row]]) -> str | None:
    """A sentence about the first filter that no stored row matches; None if all filters match.

    `rows` has the unfiltered answers of the questions in LISTED_BY. Each filter applies to what the more
    general ones leave: a workflow is looked up within its repository.
    """
    left = {question: list(found) for question, found in rows.items()}
    for name, question in LISTED_BY.items():
        value = filters.get(name, "")
        if not value or question not in left:
            continue
        known = {str(row[name]) for row in left[question]}
        if value not in known:
            return _sentence(name, value, known)
        left = {key: [row for row in found if row.get(name, value) == value] for key, found in left.items()}
    return None


def _sentence(name: str, value: str, known: Iterable[str]) -> str:
    """Suggests the closest name, or else lists the known ones."""
    folded = {one.casefold(): one for one in sorted(known)}
    if not folded:
        return f"no {name} {value!r}: nothing is stored of this period"
    close = difflib.get_close_matches(value.casefold(), folded, n=3, cutoff=0.5)
    if close:
        return f"no {name} {value!r} in this period: did you mean {single_line(folded[close[0]])!r}?"
    listed = [single_line(one) for one in list(folded.values())[:_MAX_LISTED]]
    more = len(folded) - len(listed)
    return f"no {name} {value!r} in this period; there are {', '.join(listed)}{f' and {more} more' if more else ''}"
