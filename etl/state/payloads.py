"""What webhook deliveries hold of runs, kept until the runs are read; without it, GitHub is asked."""

import time
from collections.abc import Callable

from sqlalchemy import ColumnElement, Connection, Engine, and_, delete, func, or_, select

from etl.model.payloads import MOST_JOBS, Payload
from etl.state import tables
from etl.state.database import upsert
from etl.state.runs import AGED_OUT, COMPLETED

_KEPT_S = 3 * 86_400
_COLUMNS = tables.payloads.c


class Payloads:
    """Payloads of runs and jobs by the repository's configured name."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, repository: str, payload: Payload) -> None:
        """Keep a payload in place of an earlier one of the same; of a run, at most one job more than MOST_JOBS."""
        row = {
            "repository": repository,
            "run_id": payload.run_id,
            "attempt": payload.attempt,
            "job_id": payload.job_id,
            "content": payload.content,
            "received_at": int(self._clock()),
        }
        others = select(func.count()).where(
            _jobs(repository, payload.run_id), _COLUMNS.job_id != payload.job_id
        )
        with self._engine.begin() as connection:
            # One more than is used tells that there are too many.
            if payload.job_id and (connection.scalar(others) or 0) > MOST_JOBS:
                return
            upsert(connection, tables.payloads, row)

    def run(self, repository: str, run_id: int) -> bytes | None:
        """The content of the run, as of its latest attempt that a delivery told of."""
        query = (
            select(_COLUMNS.content)
            .where(_of_run(repository, run_id), _COLUMNS.job_id == 0)
            .order_by(_COLUMNS.attempt.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            content: bytes | None = connection.scalar(query)
        return content

    def jobs(self, repository: str, run_id: int) -> list[bytes]:
        """The contents of the run's jobs, in the order of their ids."""
        query = select(_COLUMNS.content).where(_jobs(repository, run_id)).order_by(_COLUMNS.job_id)
        with self._engine.connect() as connection:
            return list(connection.scalars(query))

    def job_ids(self, repository: str, run_id: int) -> frozenset[int]:
        """The ids of the run's jobs."""
        query = select(_COLUMNS.job_id).where(_jobs(repository, run_id))
        with self._engine.connect() as connection:
            return frozenset(connection.scalars(query))

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete payloads of runs that are read, and those that are too old."""
        table = tables.payloads
        runs, repositories = tables.runs.c, tables.repositories.c
        read = select(runs.id).where(
            runs.repository_id == repository_id, runs.status.in_((COMPLETED, AGED_OUT))
        )
        name = select(repositories.name).where(repositories.id == repository_id).scalar_subquery()
        connection.execute(
            delete(table).where(
                or_(
                    and_(_COLUMNS.repository == name, _COLUMNS.run_id.in_(read)),
                    _COLUMNS.received_at < int(self._clock()) - _KEPT_S,
                )
            )
        )


def _of_run(repository: str, run_id: int) -> ColumnElement[bool]:
    return and_(_COLUMNS.repository == repository, _COLUMNS.run_id == run_id)


def _jobs(repository: str, run_id: int) -> ColumnElement[bool]:
    return and_(_of_run(repository, run_id), _COLUMNS.job_id != 0)
