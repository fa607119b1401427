"""Executions of jobs that other CIs told of: kept for 45 days, as long as they may become flake evidence."""

import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, select, update

from etl.model.ingested import IngestedJob
from etl.state import tables
from etl.state.database import upsert

_KEPT_S = 45 * 86_400
_TABLE = tables.ingested_jobs
_COLUMNS = _TABLE.c
_OF_RUN = select(_TABLE).where(
    _COLUMNS.repository_id == bindparam("repository"), _COLUMNS.run_id == bindparam("run")
)


class IngestedJobs:
    """Ingested executions by repository."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def of_run(self, repository_id: int, run_id: int) -> list[IngestedJob]:
        """All known executions of a run's jobs."""
        with self._engine.connect() as connection:
            return self.read(connection, repository_id, run_id)

    def read(self, connection: Connection, repository_id: int, run_id: int) -> list[IngestedJob]:
        """The same, within the caller's transaction."""
        found = connection.execute(_OF_RUN, {"repository": repository_id, "run": run_id})
        return [_job(dict(row)) for row in found.mappings()]

    def save(self, connection: Connection, repository_id: int, job: IngestedJob) -> None:
        """Store an execution within the caller's transaction."""
        more = {"repository_id": repository_id, "added_at": int(self._clock())}
        upsert(connection, _TABLE, more | asdict(job))

    def forget(self, connection: Connection, repository_id: int, start: int, stop: int) -> None:
        """Delete executions that ended from `start` up to before `stop`, within the caller's transaction."""
        connection.execute(
            delete(_TABLE).where(
                _COLUMNS.repository_id == repository_id,
                _COLUMNS.completed_at >= start,
                _COLUMNS.completed_at < stop,
            )
        )

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete executions that were told of more than 45 days ago."""
        horizon = int(self._clock()) - _KEPT_S
        connection.execute(
            delete(_TABLE).where(_COLUMNS.repository_id == repository_id, _COLUMNS.added_at < horizon)
        )


def hand_over(connection: Connection, before: int, after: int) -> None:
    """Give what is known of a repository to another id, within the caller's transaction."""
    for table in (_TABLE, tables.executions):
        connection.execute(update(table).where(table.c.repository_id == before).values(repository_id=after))
    for table in (tables.judgements, tables.distinct_values):
        own = table.c.repository_id
        is_free = connection.scalar(select(own).where(own == after).limit(1)) is None
        connection.execute(
            update(table).where(own == before).values(repository_id=after)
            if is_free
            else delete(table).where(own == before)
        )


def _job(values: dict[str, Any]) -> IngestedJob:
    del values["repository_id"], values["added_at"]
    return IngestedJob(**values)
