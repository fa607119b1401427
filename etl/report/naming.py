"""What rows are called: their names from general to specific, and what these share. Pure functions."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from etl.model.tag_values import ANY, tag_value
from etl.model.writes import Row
from etl.report.formats import shared_start, single_line

# The columns that name a row, from the most general to the most specific.
NAMES: Final = ("repository", "workflow", "job", "suite", "test", "name", "signature", "template")
MAX_NAME: Final = 600
# Names in parts, of which tables say only once what all rows begin with.
LONG_NAMES: Final = ("job", "suite", "test", "name")
_ENDS: Final = "./:"  # characters that end a part
_SHORTEST_START: Final = 4
_NAMELESS: Final = (None, "", tag_value(""), ANY)
_WITHIN: Final = " › "  # noqa: RUF001


def names(row: Mapping[str, Any], common: Collection[str] = ()) -> list[str]:
    """The names of a row, from general to specific; names in `common` only if they are the most specific."""
    found = [(key, single_line(str(row[key]))) for key in NAMES if row.get(key) not in _NAMELESS]
    kept = [text for key, text in found[:-1] if key not in common] + [text for _, text in found[-1:]]
    return [excerpt(text, MAX_NAME) for text in dict.fromkeys(kept)]


def path(called: Iterable[str]) -> str:
    """Names from general to specific as one string."""
    return _WITHIN.join(called)


def excerpt(text: str, length: int) -> str:
    """The start of a text, because one message can be larger than the rest of the page."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def starts(rows: Sequence[Row]) -> Mapping[str, str]:
    """What all long names of a column begin with, by column: `com.acme.` of suites in Java."""
    found = {}
    for key in LONG_NAMES:
        texts = {single_line(str(row[key])) for row in rows if row.get(key) not in _NAMELESS}
        start = shared_start(texts, ends=_ENDS)
        if len(start) >= _SHORTEST_START and start not in texts:
            found[key] = start
    return found


def without_starts(row: Row, found: Mapping[str, str]) -> Row:
    """The row with its long names without these starts."""
    cut = {
        key: single_line(str(row[key])).removeprefix(start).lstrip()
        for key, start in found.items()
        if row.get(key) not in _NAMELESS
    }
    return {**row, **cut}
