"""A sync where the state knows many runs and all their evidence, against one where it knows few."""

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select

from benchmarks.measure import Outcome, Size
from benchmarks.project import NO_LIMIT, Lines, project, settings_for, synced
from etl.demo.history import DAY_S, History
from etl.demo.server import SimulatedGitHub
from etl.settings import Settings
from etl.state import tables
from etl.state.database import open_database

_BATCH = 5_000
_FIRST = 10**12
_DAYS = 30


async def run(size: Size) -> list[Outcome]:
    """Seconds of a sync that finds new runs, by how many older ones the state knows."""
    many, few, new = size.of((100_000, 1_000, 200), (200, 20, 10))
    ours, theirs = [], []
    for _ in range(size.of(5, 1)):
        ours.append(await seconds(many, new))
        theirs.append(await seconds(few, new))
    what = f"sync of {new} new runs where {many} are known, with their evidence"
    return [Outcome("state", what, f"the same where {few} are", tuple(ours), tuple(theirs), "s", 1.5)]


async def seconds(known: int, new: int) -> float:
    """Of a sync that finds so many new runs, in a state that knows so many others."""
    history = project(new + 2, days=3)
    (repository,) = history.repositories
    first = History([replace(repository, runs=repository.runs[:2])])
    github = SimulatedGitHub(first, rate_limit=NO_LIMIT)
    with tempfile.TemporaryDirectory() as folder:
        async with github as url:
            settings = settings_for(history, url, Path(folder), since=f"{_DAYS + 3}d")
            await synced(settings, Lines())
            know(settings, known)
            github.history = history
            began = time.perf_counter()
            (summary,) = await synced(settings, Lines())
            if summary.runs != new:
                raise AssertionError(f"{summary.runs} of {new} runs were found: {summary.error}")
            return time.perf_counter() - began


def know(settings: Settings, number: int) -> None:
    """Let the state know as many runs more, like the one it knows."""
    engine = open_database(settings.state_url)
    with engine.begin() as connection:
        for table, key in ((tables.runs, "id"), (tables.executions, "job_id")):
            row = dict(connection.execute(select(table).limit(1)).mappings().one())
            for rows in _like(table, row, key, number):
                connection.execute(insert(table), rows)
    engine.dispose()


def _like(table: Table, row: dict[str, Any], key: str, number: int) -> Iterator[list[dict[str, Any]]]:
    """Rows like one, each of a run and a commit of its own, evenly over the 30 days before."""
    names = set(table.columns.keys())

    def other(one: int) -> dict[str, Any]:
        own: dict[str, Any] = {key: _FIRST + one}
        earlier = _DAYS * DAY_S * (number - one) // number
        if "created_at" in names:
            own["created_at"] = row["created_at"] - DAY_S - earlier
        else:
            own |= {"run_id": _FIRST + one, "head_sha": f"{one:040x}"}
            own |= {name: row[name] - DAY_S - earlier for name in ("ended_at", "added_at")}
        return row | own

    for start in range(0, number, _BATCH):
        yield [other(one) for one in range(start, min(start + _BATCH, number))]
