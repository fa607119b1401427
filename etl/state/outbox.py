"""The transactional outbox: points wait here until the store has taken them.

Points come in with the transaction that moves the progress which covers them, and leave only after
the store accepted them, or after they stand among the dead letters with its reason.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, delete, func, insert, select

from etl.load.store import Rejected
from etl.state import tables

# Lines hold newlines inside of strings, but no NUL: names and messages have theirs replaced.
_SEPARATOR = b"\x00"


@dataclass(frozen=True, slots=True)
class Entry:
    """Points of one commit, as lines of line protocol."""

    id: int
    repository: str
    lines: tuple[bytes, ...]


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
        if not lines:
            return
        if any(_SEPARATOR in line for line in lines):
            raise ValueError("a line of line protocol holds a NUL byte")
        connection.execute(
            insert(tables.outbox).values(
                repository=repository,
                points=len(lines),
                lines=_SEPARATOR.join(lines),
                added_at=int(self._clock()),
            )
        )

    def put(self, repository: str, lines: Sequence[bytes]) -> None:
        """Add points in a transaction of their own."""
        with self._engine.begin() as connection:
            self.add(connection, repository, lines)

    def oldest(self, points: int) -> list[Entry]:
        """The oldest entries, at least one where there is any, of about so many points."""
        table = tables.outbox
        entries: list[Entry] = []
        taken = 0
        with self._engine.connect() as connection:
            for row in connection.execute(select(table).order_by(table.c.id).limit(points)):
                if entries and taken + row.points > points:
                    break
                entries.append(Entry(row.id, row.repository, tuple(row.lines.split(_SEPARATOR))))
                taken += row.points
        return entries

    def settle(self, entries: Sequence[Entry], rejected: Sequence[Rejected]) -> None:
        """Forget entries whose every point was accepted, or stands in `rejected`: those are kept."""
        home = {line: entry.repository for entry in entries for line in entry.lines} if rejected else {}
        with self._engine.begin() as connection:
            for letter in rejected:
                connection.execute(
                    insert(tables.dead_letters).values(
                        repository=home.get(letter.line, ""),
                        line=letter.line,
                        reason=letter.reason,
                        added_at=int(self._clock()),
                    )
                )
            connection.execute(
                delete(tables.outbox).where(tables.outbox.c.id.in_([entry.id for entry in entries]))
            )

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
