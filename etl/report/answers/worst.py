"""`worst`: what to do first."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Final

from etl.model.writes import Row
from etl.report.answers.answer import Answer
from etl.report.answers.source import Days, Parameters, Source
from etl.report.priorities import priorities

_MAX_ROWS: Final = 50
_NOTHING: Final = "Nothing is broken, flaky, slower or less reliable beyond what chance gives."


class Recent(Parameters):
    """A period."""

    days: Days = 14


async def worst(source: Source, asked: Recent) -> Answer:
    """The problems that last, by what they cost."""
    found = await source.rows("findings", asked, asked.days)
    if not found and not await source.rows("last_run", asked, asked.days):
        return Answer(f"Nothing is stored of the last {asked.days} days.")
    return told(found)


def told(findings: Sequence[Row]) -> Answer:
    """The problems among rows of `findings`, the most expensive first."""
    found = priorities(findings, _MAX_ROWS)
    count = len(found.first) + found.more
    if not count:
        return Answer(_NOTHING)
    number = "1 problem lasts" if count == 1 else f"{count} problems last, the most expensive first"
    rows = [{key: value or None for key, value in asdict(one).items()} for one in found.first]
    return Answer(f"{number}.", rows)
