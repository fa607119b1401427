"""Counts distinct tests per job and distinct values of other tags, by day, to detect high cardinality."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, delete, select

from etl.model.cardinality import DAY_S, TEST_TAG, SeenTests, Sketch
from etl.state import tables
from etl.state.database import upsert

DAYS: Final = 30
_COLUMNS = tables.distinct_values.c
# Used for every report: built once, since building a statement takes longer than SQLite takes to answer.
_OF_DAY = select(_COLUMNS.sketch, _COLUMNS.names).where(
    _COLUMNS.repository_id == bindparam("repository_id"),
    _COLUMNS.tag == bindparam("tag"),
    _COLUMNS.workflow == bindparam("workflow"),
    _COLUMNS.job == bindparam("job"),
    _COLUMNS.day == bindparam("day"),
)


@dataclass(frozen=True, slots=True)
class DistinctTests:
    """About how many distinct tests a job had in 30 days, or values a tag had, with some of their names."""

    workflow: str
    job: str
    count: int
    names: tuple[str, ...]


class DistinctTestCounts:
    """Stores a sketch for each job and day."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, connection: Connection, repository_id: int, seen: SeenTests) -> None:
        """Add an execution's tests within the caller's transaction; executions that are too old are ignored."""
        if seen.day < self._first_day():
            return
        key = {
            "repository_id": repository_id,
            "tag": seen.tag,
            "workflow": seen.workflow,
            "job": seen.job,
            "day": seen.day,
        }
        row = connection.execute(_OF_DAY, key).one_or_none()
        if row is not None and row.sketch == seen.sketch.hashes:
            # Usually the tests are the same in every run of the day.
            return
        known = Sketch() if row is None else Sketch(row.sketch)
        merged = known | seen.sketch
        if merged != known:
            names = sorted({*seen.names, *(json.loads(row.names) if row else ())})
            values = {"sketch": merged.hashes, "names": json.dumps(names[:: max(1, len(names) // 64)])}
            upsert(connection, tables.distinct_values, key | values)

    def above(self, repository_id: int, limit: int, *, tag: str = TEST_TAG) -> list[DistinctTests]:
        """Jobs with more than `limit` distinct tests in the last 30 days, by name; or the same for another tag."""
        columns = tables.distinct_values.c
        query = (
            select(tables.distinct_values)
            .where(
                columns.repository_id == repository_id,
                columns.tag == tag,
                columns.day >= self._first_day(),
            )
            .order_by(columns.workflow, columns.job, columns.day)
        )
        sketches: dict[tuple[str, str], Sketch] = {}
        names: dict[tuple[str, str], set[str]] = {}
        with self._engine.connect() as connection:
            for row in connection.execute(query):
                job = (row.workflow, row.job)
                sketches[job] = sketches.get(job, Sketch()) | Sketch(row.sketch)
                names.setdefault(job, set()).update(json.loads(row.names))
        found = {job: sketch.estimate() for job, sketch in sketches.items()}
        return [
            DistinctTests(*job, count, tuple(sorted(names[job])))
            for job, count in found.items()
            if count > limit
        ]

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete days that are too old."""
        columns = tables.distinct_values.c
        connection.execute(
            delete(tables.distinct_values).where(
                columns.repository_id == repository_id, columns.day < self._first_day()
            )
        )

    def _first_day(self) -> int:
        return int(self._clock()) // DAY_S - DAYS + 1
