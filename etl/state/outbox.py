"""The transactional outbox: points wait here until the store accepts them.

Points are added in the transaction that records the progress covering them. They are removed only after
the store accepted them, or together with storing them as dead letters with the store's reason.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, func, insert, select, text

from etl.model.writes import Rejected
from etl.state import tables
from etl.state.database import is_shared

# Lines may contain newlines inside strings, but no NUL: it is replaced in names and messages.
_SEPARATOR = b"\x00"
# A process that hangs during a delivery loses its rows to others; no write to a store takes so long.
_MAX_CLAIM = "SET LOCAL idle_in_transaction_session_timeout = '10min'"
_ROWS = 20
# Points in one delivery; no entry has more.
MAX_ENTRY = 5_000
# Used for every run: built once, since building a statement takes longer than SQLite takes to answer.
_ADD = insert(tables.outbox)
_POINTS = select(func.sum(tables.outbox.c.points))


@dataclass(frozen=True, slots=True)
class Entry:
    """Points of one commit, or some of them if there are many, as lines of line protocol."""

    id: int
    repository: str
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """Entries that this process delivers, and the transaction in which they are settled."""

    entries: list[Entry]
    transaction: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], float]

    def settle(self, rejected: Sequence[Rejected]) -> None:
        """Delete the entries: points in `rejected` become dead letters, all others were accepted."""
        home = {line: entry.repository for entry in self.entries for line in entry.lines} if rejected else {}
        with self.transaction() as connection:
            for letter in rejected:
                connection.execute(
                    insert(tables.dead_letters).values(
                        repository=home.get(letter.line, ""),
                        line=letter.line,
                        reason=letter.reason,
                        added_at=int(self.clock()),
                    )
                )
            connection.execute(
                delete(tables.outbox).where(tables.outbox.c.id.in_([entry.id for entry in self.entries]))
            )


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many points wait: `oldest` is in Unix seconds, None if none waits."""

    points: int
    oldest: int | None
    dead_letters: int


class Outbox:
    """The outbox and the dead letters beside it."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def add(self, connection: Connection, repository: str, lines: Sequence[bytes]) -> None:
        """Add points within the caller's transaction."""
        added_at = int(self._clock())
        for at in range(0, len(lines), MAX_ENTRY):
            some = lines[at : at + MAX_ENTRY]
            joined = _SEPARATOR.join(some)
            if joined.count(_SEPARATOR) >= len(some):
                raise ValueError("a line of line protocol holds a NUL byte")
            values = {"repository": repository, "points": len(some), "lines": joined, "added_at": added_at}
            connection.execute(_ADD, values)

    def put(self, repository: str, lines: Sequence[bytes]) -> None:
        """Add points in a transaction of their own."""
        with self._engine.begin() as connection:
            self.add(connection, repository, lines)

    def oldest(self, points: int) -> list[Entry]:
        """The oldest entries with about so many points; at least one unless the outbox is empty."""
        with self._engine.connect() as connection:
            return _entries(connection.execute(_waiting(points)), points)

    @contextmanager
    def claim(self, points: int) -> Iterator[Claim]:
        """The oldest entries that no other process is delivering, claimed while the context is open.

        If workers share the outbox, their rows are locked meanwhile; a worker that dies releases its rows.
        """
        if not is_shared(self._engine):
            yield Claim(self.oldest(points), self._engine.begin, self._clock)
            return
        with self._engine.begin() as connection:
            connection.execute(text(_MAX_CLAIM))
            # A server-side cursor locks rows as they are fetched, so few more are locked than are used.
            query = _waiting(points).with_for_update(skip_locked=True).execution_options(yield_per=_ROWS)
            rows = connection.execute(query)
            entries = _entries(rows, points)
            rows.close()
            yield Claim(entries, lambda: nullcontext(connection), self._clock)

    def points(self) -> int:
        """How many points wait, for all repositories."""
        with self._engine.connect() as connection:
            return int(connection.scalar(_POINTS) or 0)

    def backlog(self, repository: str | None = None) -> Backlog:
        """How many points wait and how many were rejected, for one repository or for all."""
        waiting = select(
            func.coalesce(func.sum(tables.outbox.c.points), 0), func.min(tables.outbox.c.added_at)
        )
        rejected = select(func.count()).select_from(tables.dead_letters)
        if repository is not None:
            waiting = waiting.where(tables.outbox.c.repository == repository)
            rejected = rejected.where(tables.dead_letters.c.repository == repository)
        with self._engine.connect() as connection:
            points, oldest = connection.execute(waiting).one()
            dead = connection.scalar(rejected)
        return Backlog(int(points), oldest, dead or 0)

    def newest(self, repository: str) -> int:
        """The number of the repository's newest entry; 0 if none waits."""
        return self._scalar(func.max(tables.outbox.c.id), repository)

    def waiting(self, repository: str, newest: int) -> int:
        """How many of the repository's entries up to that number wait."""
        return self._scalar(func.count(), repository, tables.outbox.c.id <= newest)

    def _scalar(self, column: Any, repository: str, *more: Any) -> int:
        query = (
            select(column).select_from(tables.outbox).where(tables.outbox.c.repository == repository, *more)
        )
        with self._engine.connect() as connection:
            return int(connection.scalar(query) or 0)

    def reasons(self, most: int) -> list[str]:
        """Reasons of the newest dead letters, each once."""
        table = tables.dead_letters
        query = select(table.c.reason).group_by(table.c.reason).order_by(func.max(table.c.id).desc())
        with self._engine.connect() as connection:
            return list(connection.scalars(query.limit(most)))


def _waiting(most: int) -> Select[Any]:
    return select(tables.outbox).order_by(tables.outbox.c.id).limit(most)


def _entries(rows: Iterable[Any], points: int) -> list[Entry]:
    """The first rows with about so many points."""
    entries: list[Entry] = []
    taken = 0
    for row in rows:
        if entries and taken + row.points > points:
            break
        entries.append(Entry(row.id, row.repository, tuple(row.lines.split(_SEPARATOR))))
        taken += row.points
    return entries
