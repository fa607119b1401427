"""Positions of running backfills, so that they can be resumed."""

from typing import Any

from sqlalchemy import Engine, delete, select

from etl.state import tables
from etl.state.database import upsert


class Backfills:
    """Positions by repository and range (Unix seconds)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def position(self, repository_id: int, start: int, stop: int) -> int | None:
        """The position of an interrupted backfill of exactly this range; None if there is none."""
        with self._engine.connect() as connection:
            return connection.scalar(
                select(tables.backfills.c.position).where(*_is_backfill(repository_id, start, stop))
            )

    def move(self, repository_id: int, start: int, stop: int, position: int) -> None:
        """Record that everything created before `position` is committed."""
        row = {"repository_id": repository_id, "start": start, "stop": stop, "position": position}
        with self._engine.begin() as connection:
            upsert(connection, tables.backfills, row)

    def finish(self, repository_id: int, start: int, stop: int) -> None:
        """Delete a finished backfill."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.backfills).where(*_is_backfill(repository_id, start, stop)))


def _is_backfill(repository_id: int, start: int, stop: int) -> tuple[Any, ...]:
    columns = tables.backfills.c
    return columns.repository_id == repository_id, columns.start == start, columns.stop == stop
