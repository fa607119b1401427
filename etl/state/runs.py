"""Runs as last read, and which of their attempts are stored."""

import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from itertools import starmap
from struct import Struct
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, func, select

from etl.model.executed import Executed
from etl.state import tables
from etl.state.database import upsert
from etl.state.open_pieces import runs_with_open_pieces

COMPLETED = "completed"
# A run that is open for longer than GitHub lets a run take is no longer requested.
AGED_OUT = "aged out"
# Webhooks told of a run and its jobs: their points are stored, but whether these are all jobs is not confirmed.
DELIVERED = "delivered"
# The number of the attempt, two hashes of 8 bytes each, and whether it inherits the job.
_EXECUTED = Struct(">H8s8s?")
_NO_JOB = bytes(8)
_KEPT_S = 45 * 86_400
# Asked for every run: made once, since making a statement takes longer than SQLite takes to answer.
_RUN = select(tables.runs).where(
    tables.runs.c.repository_id == bindparam("repository"), tables.runs.c.id == bindparam("run")
)


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run as it was last read; attempts up to `stored_attempt` are committed, with the jobs in `executions`."""

    id: int
    created_at: int
    attempt: int
    updated_at: str
    status: str
    stored_attempt: int
    workflow: str
    branch: str
    executions: frozenset[Executed]


class Runs:
    """Known runs by repository."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def get(self, repository_id: int, run_id: int) -> KnownRun | None:
        """The run as last read."""
        with self._engine.connect() as connection:
            row = connection.execute(_RUN, {"repository": repository_id, "run": run_id}).one_or_none()
        return None if row is None else _known_run(row)

    def still_open(self, repository_id: int) -> list[KnownRun]:
        """Runs that had not ended when last read, oldest first."""
        table = tables.runs
        query = (
            select(table)
            .where(table.c.repository_id == repository_id, table.c.status.not_in((COMPLETED, AGED_OUT)))
            .order_by(table.c.created_at, table.c.id)
        )
        with self._engine.connect() as connection:
            return [_known_run(row) for row in connection.execute(query)]

    def delivered(self, repository_id: int) -> set[int]:
        """Ids of the runs of which only webhooks have told."""
        columns = tables.runs.c
        query = select(columns.id).where(columns.repository_id == repository_id, columns.status == DELIVERED)
        with self._engine.connect() as connection:
            return set(connection.scalars(query))

    def count_created(self, repository_id: int, start: int, stop: int) -> int:
        """How many known runs were created from `start` to `stop` (Unix seconds, both inclusive)."""
        columns = tables.runs.c
        query = select(func.count()).where(
            columns.repository_id == repository_id, columns.created_at.between(start, stop)
        )
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def creation_times(self, repository_id: int, run_ids: Collection[int]) -> list[int]:
        """When runs were created (Unix seconds), of those that are known."""
        columns = tables.runs.c
        query = select(columns.created_at).where(
            columns.repository_id == repository_id, columns.id.in_(run_ids)
        )
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def save(self, connection: Connection, repository_id: int, run: KnownRun) -> None:
        """Record, within the caller's transaction, which attempts of a run are stored."""
        row = {
            "repository_id": repository_id,
            "id": run.id,
            "created_at": run.created_at,
            "attempt": run.attempt,
            "updated_at": run.updated_at,
            "status": run.status,
            "stored_attempt": run.stored_attempt,
            "workflow": run.workflow,
            "branch": run.branch,
            "executions": b"".join(starmap(_EXECUTED.pack, sorted(run.executions))),
        }
        upsert(connection, tables.runs, row)

    def forget(self, connection: Connection, repository_id: int, start: int) -> None:
        """Delete runs created from `start` on."""
        columns = tables.runs.c
        connection.execute(
            delete(tables.runs).where(columns.repository_id == repository_id, columns.created_at >= start)
        )

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete completely read runs older than 45 days, which is older than every window."""
        columns = tables.runs.c
        connection.execute(
            delete(tables.runs).where(
                columns.repository_id == repository_id,
                columns.created_at < int(self._clock()) - _KEPT_S,
                columns.status.in_((COMPLETED, AGED_OUT)),
                columns.id.not_in(runs_with_open_pieces(repository_id)),
            )
        )


def _known_run(row: Any) -> KnownRun:
    executions = frozenset(_unpacked(*values) for values in _EXECUTED.iter_unpack(row.executions))
    return KnownRun(
        row.id,
        row.created_at,
        row.attempt,
        row.updated_at,
        row.status,
        row.stored_attempt,
        row.workflow,
        row.branch,
        executions,
    )


def _unpacked(attempt: int, key: bytes, job: bytes, inherited: bool) -> Executed:
    return Executed(attempt, key, b"" if job == _NO_JOB else job, inherited)
