"""Artifacts from GitHub's listing, which may be needed when their run ends."""

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, select, update

from etl.model.records import Artifact
from etl.state import tables
from etl.state.database import upsert
from etl.state.open_pieces import runs_with_open_pieces

_KEPT_S = 45 * 86_400
_ARTIFACTS = tables.artifacts.c
# Used for every run: built once, since building a statement takes longer than SQLite takes to answer.
_OF_RUN = (
    select(tables.artifacts)
    .where(_ARTIFACTS.repository_id == bindparam("repository"), _ARTIFACTS.run_id == bindparam("run"))
    .order_by(_ARTIFACTS.created_at, _ARTIFACTS.id)
)


class Artifacts:
    """Listed artifacts by repository and run."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def listed(self, repository_id: int) -> tuple[int, int] | None:
        """The period for which artifacts have been listed (Unix seconds); None if they never were."""
        with self._engine.connect() as connection:
            return _listed(connection, repository_id)

    def save(
        self,
        connection: Connection,
        repository_id: int,
        artifacts: Sequence[Artifact],
        *,
        since: int,
        newest: int,
    ) -> None:
        """Store the artifacts of a listing, and that all from `since` up to `newest` are listed."""
        start, stop = _listed(connection, repository_id) or (since, newest)
        _set_listed(connection, repository_id, min(start, since), max(stop, newest))
        rows = [{"repository_id": repository_id, **asdict(artifact)} for artifact in artifacts]
        upsert(connection, tables.artifacts, *rows)

    def of_run(self, repository_id: int, run_id: int) -> list[Artifact]:
        """Artifacts of a run, in order of their creation."""
        asked = {"repository": repository_id, "run": run_id}
        with self._engine.connect() as connection:
            return [
                Artifact(
                    id=row.id,
                    name=row.name,
                    size=row.size,
                    expired=row.expired,
                    created_at=row.created_at,
                    run_id=row.run_id,
                )
                for row in connection.execute(_OF_RUN, asked)
            ]

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete artifacts after 45 days: no run takes longer. Those of incompletely read runs stay."""
        horizon = int(self._clock()) - _KEPT_S
        known = _listed(connection, repository_id)
        if known is not None and known[0] < horizon:
            columns = tables.artifacts.c
            is_open = columns.run_id.in_(runs_with_open_pieces(repository_id))
            _delete(connection, repository_id, columns.created_at < horizon, ~is_open)
            _set_listed(connection, repository_id, horizon, max(horizon, known[1]))

    def forget(self, connection: Connection, repository_id: int) -> None:
        """Delete all, so that artifacts are listed again: other names may be needed now."""
        _delete(connection, repository_id)
        _set_listed(connection, repository_id, None, None)


def _listed(connection: Connection, repository_id: int) -> tuple[int, int] | None:
    columns = tables.repositories.c
    query = select(columns.artifacts_from, columns.artifacts_to).where(columns.id == repository_id)
    start, stop = connection.execute(query).one_or_none() or (None, None)
    return None if start is None or stop is None else (start, stop)


def _set_listed(connection: Connection, repository_id: int, start: int | None, stop: int | None) -> None:
    table = tables.repositories
    values = {"artifacts_from": start, "artifacts_to": stop}
    connection.execute(update(table).where(table.c.id == repository_id).values(values))


def _delete(connection: Connection, repository_id: int, *conditions: Any) -> None:
    table = tables.artifacts
    connection.execute(delete(table).where(table.c.repository_id == repository_id, *conditions))
