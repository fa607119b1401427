"""Queries a store for the terminal, the report and the HTTP server."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from etl.load.store import Store
from etl.model.writes import Row
from etl.queries import question
from etl.report.grid_columns import GRID
from etl.report.links import with_links
from etl.report.page import TABLES
from etl.report.view import Period
from etl.settings import Settings

# The questions shown in the HTML report, with options where it needs more than others.
REPORTED: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: {} for name in ("overview", "findings", *GRID, *(table.question for table in TABLES))},
    **{name: {} for name in ("success_over_time", "jobs_over_time", "latest_messages")},
    "steps_over_time": {"most_rows": 400},
    "failures_over_time": {"most_rows": 200},
}


def last_days(days: int, now: float) -> Period:
    """The last N days up to `now` (Unix seconds), rounded down to the second."""
    stop = datetime.fromtimestamp(int(now) + 1, UTC)
    return Period(stop - timedelta(days=days), stop)


def parameters(period: Period, repository: str = "", workflow: str = "", branch: str = "") -> dict[str, Any]:
    """The parameters of every question; an empty string means no filter."""
    return {
        "start": period.start,
        "stop": period.stop,
        "repository": repository,
        "workflow": workflow,
        "branch": branch,
    }


async def ask(
    store: Store, settings: Settings, names: Collection[str], asked: Mapping[str, Any]
) -> dict[str, list[Row]]:
    """Answers by question; `names` may map them to their options. Links point to the servers in the settings."""
    links = {"server_url": settings.github.web_url}
    answers = {}
    for name in names:
        takes = question(name).options or {}
        own = {option: value for option, value in links.items() if option in takes}
        more = names[name] if isinstance(names, Mapping) else {}
        rows = await store.query(name, {**asked, **own, **more})
        answers[name] = with_links(rows, settings) if own else rows
    return answers


def nothing_answered(answers: Mapping[str, Sequence[Row]]) -> bool:
    """Whether no answer has rows; the one row of an overview counts if it has any runs."""
    return not any(row.get("runs", 1) for rows in answers.values() for row in rows)
