"""Webhook deliveries: stored before GitHub gets its answer, until their runs are read."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Engine, delete, func, select, update

from etl.state import tables
from etl.state.database import insert_new

# GitHub can redeliver for so long; syncs have read anything older.
_KEPT_S = 3 * 86_400


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that has deliveries, and the last of them; `repository` is the configured name."""

    repository: str
    run_id: int
    last: int


class Deliveries:
    """A queue of runs to read, without duplicate deliveries or runs."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def keep(self, delivery: str, repository: str, run_id: int) -> bool:
        """Store a delivery for a run; False if the delivery is already known."""
        row = {"repository": repository, "run_id": run_id, "received_at": int(self._clock())}
        with self._engine.begin() as connection:
            return insert_new(connection, tables.deliveries, {"delivery": delivery, **row})

    def waiting(self) -> list[Waiting]:
        """Runs still to be read, each once, in the order of their first deliveries."""
        columns = tables.deliveries.c
        query = (
            select(columns.repository, columns.run_id, func.max(columns.id))
            .where(columns.read_at.is_(None), columns.received_at >= int(self._clock()) - _KEPT_S)
            .group_by(columns.repository, columns.run_id)
            .order_by(func.min(columns.id))
        )
        with self._engine.connect() as connection:
            return [Waiting(*row) for row in connection.execute(query)]

    def settle(self, read: Waiting) -> None:
        """Mark the run as read: this settles deliveries up to that one, but not later ones."""
        table, now = tables.deliveries, int(self._clock())
        with self._engine.begin() as connection:
            connection.execute(
                update(table)
                .where(
                    table.c.repository == read.repository,
                    table.c.run_id == read.run_id,
                    table.c.id <= read.last,
                    table.c.read_at.is_(None),
                )
                .values(read_at=now)
            )
            connection.execute(delete(table).where(table.c.received_at < now - _KEPT_S))

    def newest(self, repository: str) -> int | None:
        """When the repository's last delivery arrived (Unix seconds); None if there was none."""
        columns = tables.deliveries.c
        query = select(func.max(columns.received_at)).where(columns.repository == repository)
        with self._engine.connect() as connection:
            received: int | None = connection.scalar(query)
        return received
