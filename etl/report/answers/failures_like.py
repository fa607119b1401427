"""`failures_like`: failures whose message is like a text."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from pydantic import Field

from etl.model.writes import Row
from etl.report.answers.answer import Answer
from etl.report.answers.source import Days, Parameters, Source
from etl.transform.failures.templates import signature_of
from etl.transform.rules import Rules

_WORD: Final = re.compile(r"<[a-z-]+(?::\d+)?>|\w+")
_MIN_SIMILARITY: Final = 0.4
_MAX_ROWS: Final = 50


class Text(Parameters):
    """A failure's text."""

    text: str = Field(
        min_length=1, max_length=8_000, description="an error message, or the signature of a failure"
    )
    days: Days = 30


async def failures_like(source: Source, asked: Text) -> Answer:
    """Compare the text with the failures of the period."""
    rows = await source.rows("failures", asked, asked.days)
    return told(Rules.of(source.settings).templates(asked.text), asked.text.strip(), rows, asked.days)


def told(template: str, signature: str, rows: Sequence[Row], days: int) -> Answer:
    """The failures like a template or with a signature, from rows of `failures`, the most similar first."""
    wanted = {signature, signature_of(template)}
    same = [row for row in rows if row["signature"] in wanted]
    words = _Words(rows)
    alike = [
        (likeness, row)
        for row in rows
        if row not in same
        and (likeness := words.likeness(template, row["template"] or "")) >= _MIN_SIMILARITY
    ]
    alike.sort(key=lambda one: (-one[0], -one[1]["count"]))
    listed = [*(_row(1.0, row) for row in same), *(_row(*one) for one in alike)][:_MAX_ROWS]
    return Answer(_sentence(same, len(alike), days), listed)


def _sentence(same: Sequence[Row], alike: int, days: int) -> str:
    others = {0: "no other failure is", 1: "1 other failure is"}.get(alike, f"{alike} other failures are")
    if same:
        seen = sum(row["count"] for row in same)
        return f"Seen {'once' if seen == 1 else f'{seen} times'} in the last {days} days; {others} like it."
    if alike:
        return f"Not seen in the last {days} days, but {others.replace(' other', '')} like it."
    return f"Neither it nor anything like it was seen in the last {days} days."


def _row(likeness: float, row: Row) -> Row:
    return {
        "similarity": round(likeness, 2),
        "count": row["count"],
        "jobs": row["jobs"],
        "tests": row["tests"],
        "category": row["category"],
        "signature": row["signature"],
        "message": row["message"],
        "first_seen": row["first_seen"],
        "last_seen": row["last_seen"],
        "repository": row["repository"],
        "url": row["url"],
    }


class _Words:
    """Compares templates by their words; a word that few failures have counts for more (tf-idf, cosine)."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._total = len(rows)
        self._had = Counter(word for row in rows for word in _words(row["template"] or ""))

    def likeness(self, one: str, other: str) -> float:
        """From 0, nothing in common, to 1, the same words."""
        first, second = _words(one), _words(other)
        whole = math.sqrt(self._weight(first) * self._weight(second))
        return self._weight(first & second) / whole if whole else 0.0

    def _weight(self, words: frozenset[str]) -> float:
        return sum(math.log(1 + (self._total + 1) / (self._had[word] + 1)) for word in words)


def _words(template: str) -> frozenset[str]:
    return frozenset(_WORD.findall(template.lower()))
