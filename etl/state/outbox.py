"""The transactional outbox: points wait here until the store has taken them.

Points come in with the transaction that moves the progress which covers them, and leave only after
the store accepted them, or after they stand among the dead letters with its reason.
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

# Lines hold newlines inside of strings, but no NUL: names and messages have theirs replaced.
_SEPARATOR = b"\x00"
# A process that hangs in a delivery loses its rows to others; no write to a store takes so long.
_MAX_CLAIM = "SET LOCAL idle_in_transaction_session_timeout = '10min'"
_ROWS = 20
# Points that are delivered at once: no entry has more.
MAX_ENTRY = 5_000
# Asked for every run: made once, since making a statement takes longer than SQLite takes to answer.
_ADD = insert(tables.outbox)
_POINTS = select(func.sum(tables.outbox.c.points))


@dataclass(frozen=True, slots=True)
class Entry:
    """Points of one commit, or some of them where they are many, as lines of line protocol."""

    id: int
    repository: str
    lines: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Claim:
    """Entries that one process delivers, and the transaction in which they are settled."""

    entries: list[Entry]
    transaction: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], float]

    def settle(self, rejected: Sequence[Rejected]) -> None:
        """Forget the entries: every point was accepted, or stands in `rejected`: those are kept."""
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
    """How much waits: `oldest` is Unix seconds, None where nothing waits."""

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
        """The oldest entries, at least one where there is any, of about so many points."""
        with self._engine.connect() as connection:
            return _entries(connection.execute(_waiting(points)), points)

    @contextmanager
    def claim(self, points: int) -> Iterator[Claim]:
        """The oldest entries that nobody else delivers at the moment, for as long as this lasts.

        Where workers share the outbox, their rows are locked meanwhile: whoever dies sets them free.
        """
        if not is_shared(self._engine):
            yield Claim(self.oldest(points), self._engine.begin, self._clock)
            return
        with self._engine.begin() as connection:
            connection.execute(text(_MAX_CLAIM))
            # By a cursor on the server: rows are locked as they are fetched, not many more than are taken.
            query = _waiting(points).with_for_update(skip_locked=True).execution_options(yield_per=_ROWS)
            rows = connection.execute(query)
            entries = _entries(rows, points)
            rows.close()
            yield Claim(entries, lambda: nullcontext(connection), self._clock)

    def points(self) -> int:
        """How many wait, of all repositories."""
        with self._engine.connect() as connection:
            return int(connection.scalar(_POINTS) or 0)

    def backlog(self, repository: str | None = None) -> Backlog:
        """How much waits, and how much was rejected; of one repository, or of all."""
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

    def reasons(self, most: int) -> list[str]:
        """Reasons of the newest dead letters, each once."""
        table = tables.dead_letters
        query = select(table.c.reason).group_by(table.c.reason).order_by(func.max(table.c.id).desc())
        with self._engine.connect() as connection:
            return list(connection.scalars(query.limit(most)))


def _waiting(most: int) -> Select[Any]:
    return select(tables.outbox).order_by(tables.outbox.c.id).limit(most)


def _entries(rows: Iterable[Any], points: int) -> list[Entry]:
    """Of rows in order, as many as hold about so many points."""
    entries: list[Entry] = []
    taken = 0
    for row in rows:
        if entries and taken + row.points > points:
            break
        entries.append(Entry(row.id, row.repository, tuple(row.lines.split(_SEPARATOR))))
        taken += row.points
    return entries
