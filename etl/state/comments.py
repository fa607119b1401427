"""Comments on pull requests that are due: one row a pull request, which one process at a time works on."""

import time
from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Engine, delete, func, select, update

from etl.model.due_comments import DueComment, Head
from etl.state import tables
from etl.state.database import insert_new

_TABLE: Final = tables.comments
_COLUMNS: Final = tables.comments.c
# No process works on a comment for longer: after that, it was killed, and another one may.
CLAIMED_S: Final = 120


class Comments:
    """The comments that are due."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def note(self, head: Head) -> None:
        """A run of the pull request was read: its comment is due, also if it is being written now.

        Of two commits, the one with the newer run counts.
        """
        now = int(self._clock())
        commit = {"sha": head.sha, "run_created_at": head.run_created_at, "number": head.number}
        row = {"repository": head.repository, "head": _name(head), "since": now, "noted": 0, "tries": 0}
        with self._engine.begin() as connection:
            insert_new(connection, _TABLE, {**row, **commit, "next_at": now})
            known = connection.execute(select(_TABLE).where(*_of(head)).with_for_update()).one()
            is_newest = head.run_created_at >= known.run_created_at or head.sha == known.sha
            since = now if is_newest and head.sha != known.sha else known.since
            changed = {"noted": known.noted + 1, "since": since} | (commit if is_newest else {})
            connection.execute(update(_TABLE).where(*_of(head)).values(**changed))

    def claim(self) -> DueComment | None:
        """The comment that is due the longest, for the caller alone for two minutes; None if none is due."""
        now = int(self._clock())
        query = (
            select(_TABLE).where(_COLUMNS.next_at <= now).order_by(_COLUMNS.next_at, _COLUMNS.head).limit(1)
        )
        with self._engine.begin() as connection:
            row = connection.execute(query.with_for_update(skip_locked=True)).one_or_none()
            if row is None:
                return None
            due = _due(row)
            # SQLite locks no rows: of several processes, the first to write has it.
            unclaimed = *_of(due.head), _COLUMNS.tries == row.tries, _COLUMNS.next_at == row.next_at
            claimed = update(_TABLE).where(*unclaimed).values(tries=due.tries, next_at=now + CLAIMED_S)
            return due if connection.execute(claimed).rowcount else None

    def settle(self, due: DueComment) -> None:
        """The comment says what is known: it is not due any more, unless another run was read meanwhile."""
        with self._engine.begin() as connection:
            is_done = delete(_TABLE).where(*_claimed(due), _COLUMNS.noted == due.noted)
            if not connection.execute(is_done).rowcount:
                self._let_try(connection, due, 0.0)

    def put_off(self, due: DueComment, seconds: float) -> None:
        """Let it be tried again after so many seconds."""
        with self._engine.begin() as connection:
            self._let_try(connection, due, seconds)

    def waiting(self) -> int:
        """How many are due or being written."""
        with self._engine.connect() as connection:
            return connection.scalar(select(func.count()).select_from(_TABLE)) or 0

    def _let_try(self, connection: Connection, due: DueComment, seconds: float) -> None:
        next_at = int(self._clock() + seconds)
        connection.execute(update(_TABLE).where(*_claimed(due)).values(next_at=next_at))


def _name(head: Head) -> str:
    return f"{head.owner}:{head.branch}"


def _of(head: Head) -> tuple[Any, ...]:
    return _COLUMNS.repository == head.repository, _COLUMNS.head == _name(head)


def _claimed(due: DueComment) -> tuple[Any, ...]:
    """The row, unless another process has claimed it since."""
    return *_of(due.head), _COLUMNS.tries == due.tries


def _due(row: Any) -> DueComment:
    """The row, as the next try claims it."""
    owner, _, branch = row.head.partition(":")
    head = Head(row.repository, owner, branch, row.sha, row.run_created_at, row.number)
    return DueComment(head, row.since, row.noted, row.tries + 1)
