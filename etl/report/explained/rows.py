"""What several of these modules read from rows of answers."""

from datetime import datetime, timedelta
from typing import Any, Final

from etl.model.schema import FAILURES
from etl.model.writes import Row

# How far back other results are considered.
LOOK_BACK: Final = timedelta(days=21)
DAY: Final = timedelta(days=1)


def within(repository: str, start: datetime, stop: datetime) -> dict[str, Any]:
    """The parameters of a question about a repository and a period."""
    return {"repository": repository, "start": start, "stop": stop}


def is_red(row: Row) -> bool:
    """Whether the attempt of a run failed."""
    return row["conclusion"] in FAILURES
