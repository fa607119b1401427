"""Pieces that could not be read yet, by repository; kept with what was read beside them."""

import time
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, delete, func, insert, select

from etl.model.open_pieces import KEPT_S, OpenPiece, PieceName
from etl.state import tables
from etl.state.database import upsert

_COLUMNS = tables.open_pieces.c
# Asked for every run: made once, since making a statement takes longer than SQLite takes to answer.
_OF_RUN = select(tables.open_pieces).where(
    _COLUMNS.repository_id == bindparam("repository"), _COLUMNS.run_id == bindparam("run")
)
_FORGET = delete(tables.open_pieces).where(
    _COLUMNS.repository_id == bindparam("repository"), _COLUMNS.run_id == bindparam("run")
)


class OpenPieces:
    """Open pieces; those without a run are windows."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def of_run(self, repository_id: int, run_id: int) -> list[OpenPiece]:
        """What is open of a run; of run 0, the windows."""
        with self._engine.connect() as connection:
            rows = connection.execute(_OF_RUN, {"repository": repository_id, "run": run_id})
            return [_piece(row) for row in rows]

    def get(self, repository_id: int, name: PieceName) -> OpenPiece | None:
        """A piece, where it is open."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(tables.open_pieces).where(*_is(repository_id, name))
            ).one_or_none()
        return None if row is None else _piece(row)

    def of_repository(self, repository_id: int) -> list[OpenPiece]:
        """All that is open, in the order in which it is due."""
        query = select(tables.open_pieces).where(_COLUMNS.repository_id == repository_id)
        with self._engine.connect() as connection:
            return [
                _piece(row) for row in connection.execute(query.order_by(_COLUMNS.next_at, _COLUMNS.run_id))
            ]

    def runs(self, repository_id: int, kinds: Collection[str]) -> set[int]:
        """Ids of the runs of which pieces of these kinds are open."""
        query = runs_with_open_pieces(repository_id).where(_COLUMNS.kind.in_(kinds))
        with self._engine.connect() as connection:
            return set(connection.scalars(query))

    def counts(self, repository_id: int) -> dict[str, int]:
        """How many are open, by kind."""
        query = select(_COLUMNS.kind, func.count()).where(_COLUMNS.repository_id == repository_id)
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(query.group_by(_COLUMNS.kind))}

    def save(
        self, connection: Connection, repository_id: int, run_id: int, pieces: Iterable[OpenPiece]
    ) -> None:
        """Replace what is open of a run, within the caller's transaction."""
        connection.execute(_FORGET, {"repository": repository_id, "run": run_id})
        rows = [_row(repository_id, piece) for piece in pieces]
        if rows:
            connection.execute(insert(tables.open_pieces), rows)

    def put(self, connection: Connection, repository_id: int, piece: OpenPiece) -> None:
        """Keep one piece, within the caller's transaction."""
        upsert(connection, tables.open_pieces, _row(repository_id, piece))

    def close(self, connection: Connection, repository_id: int, name: PieceName) -> None:
        """Delete one piece, which has been read."""
        connection.execute(delete(tables.open_pieces).where(*_is(repository_id, name)))

    def forget(self, connection: Connection, repository_id: int, start: int) -> None:
        """Delete the open pieces of runs created from `start` on, because the runs are read again."""
        runs = tables.runs.c
        created = select(runs.id).where(runs.repository_id == repository_id, runs.created_at >= start)
        connection.execute(
            delete(tables.open_pieces).where(
                _COLUMNS.repository_id == repository_id, _COLUMNS.run_id.in_(created)
            )
        )

    def prune(self, connection: Connection, repository_id: int) -> int:
        """Give up what has been open for longer than GitHub keeps runs; how many there were."""
        given_up = connection.execute(
            delete(tables.open_pieces).where(
                _COLUMNS.repository_id == repository_id, _COLUMNS.since < int(self._clock()) - KEPT_S
            )
        )
        return given_up.rowcount


def runs_with_open_pieces(repository_id: int) -> Select[Any]:
    """Ids of runs that are not completely read, for other statements."""
    return select(_COLUMNS.run_id).where(_COLUMNS.repository_id == repository_id)


def _is(repository_id: int, name: PieceName) -> tuple[Any, ...]:
    return (
        _COLUMNS.repository_id == repository_id,
        _COLUMNS.run_id == name.run_id,
        _COLUMNS.attempt == name.attempt,
        _COLUMNS.kind == name.kind,
        _COLUMNS.subject == name.subject,
    )


def _row(repository_id: int, piece: OpenPiece) -> dict[str, Any]:
    name = piece.name
    return {
        "repository_id": repository_id,
        "run_id": name.run_id,
        "attempt": name.attempt,
        "kind": name.kind,
        "subject": name.subject,
        "reason": piece.reason,
        "since": piece.since,
        "next_at": piece.next_at,
        "asked": piece.asked,
        "same_since": piece.same_since,
        "same": piece.same,
    }


def _piece(row: Any) -> OpenPiece:
    name = PieceName(row.kind, row.run_id, row.attempt, row.subject)
    return OpenPiece(name, row.reason, row.since, row.next_at, row.asked, row.same_since, row.same)
