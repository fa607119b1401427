"""Commits whose check runs and statuses are read, where the setting `checks` asks for them."""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection, Engine, bindparam, delete, or_, select

from etl.model.commit_checks import Commit
from etl.state import tables
from etl.state.database import upsert

# Other systems report within a day of a run; a check that is open for a week will never end.
_SETTLED_S: Final = 86_400
_GIVEN_UP_S: Final = 7 * 86_400
_KEPT_S: Final = 45 * 86_400
_COLUMNS = tables.commits.c
# Used for every run: built once, since building a statement takes longer than SQLite takes to answer.
_COMMIT = select(tables.commits).where(
    _COLUMNS.repository_id == bindparam("repository"), _COLUMNS.sha == bindparam("commit")
)


class Commits:
    """Known commits by repository."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def saw(self, repository_id: int, commit: Commit) -> None:
        """Record a run of a commit. Until the commit is read, its earliest run decides the branch."""
        with self._engine.begin() as connection:
            row = connection.execute(
                _COMMIT, {"repository": repository_id, "commit": commit.sha}
            ).one_or_none()
            if (
                row is not None
                and row.seen_at >= commit.created_at
                and (row.is_read or row.created_at <= commit.created_at)
            ):
                return
            is_first = row is None or (not row.is_read and commit.created_at < row.created_at)
            values = {
                "repository_id": repository_id,
                "sha": commit.sha,
                "branch": commit.branch if is_first or row is None else row.branch,
                "created_at": commit.created_at if is_first or row is None else row.created_at,
                "seen_at": max(commit.created_at, 0 if row is None else row.seen_at),
                "is_read": row is not None and row.is_read,
                "is_open": row is not None and row.is_open,
            }
            upsert(connection, tables.commits, values)

    def due(self, repository_id: int) -> list[tuple[Commit, bool]]:
        """Commits to read, oldest first, each with whether it was read before."""
        now = int(self._clock())
        wanted = or_(
            _COLUMNS.is_read.is_(False),
            _COLUMNS.seen_at > now - _SETTLED_S,
            _COLUMNS.is_open & (_COLUMNS.seen_at > now - _GIVEN_UP_S),
        )
        query = (
            select(tables.commits)
            .where(_COLUMNS.repository_id == repository_id, wanted)
            .order_by(_COLUMNS.created_at, _COLUMNS.sha)
        )
        with self._engine.connect() as connection:
            return [
                (Commit(row.sha, row.branch, row.created_at), row.is_read)
                for row in connection.execute(query)
            ]

    def read(self, connection: Connection, repository_id: int, commit: Commit, *, is_open: bool) -> None:
        """Record, within the caller's transaction, that a commit was read and whether any check was still open."""
        connection.execute(
            tables.commits.update()
            .where(_COLUMNS.repository_id == repository_id, _COLUMNS.sha == commit.sha)
            .values(is_read=True, is_open=is_open)
        )

    def forget(self, connection: Connection, repository_id: int, start: int) -> None:
        """Delete commits with runs created from `start` on."""
        connection.execute(
            delete(tables.commits).where(_COLUMNS.repository_id == repository_id, _COLUMNS.seen_at >= start)
        )

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete commits that are older than every window."""
        connection.execute(
            delete(tables.commits).where(
                _COLUMNS.repository_id == repository_id,
                _COLUMNS.seen_at < int(self._clock()) - _KEPT_S,
                _COLUMNS.is_read,
            )
        )
