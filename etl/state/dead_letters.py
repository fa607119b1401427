"""Points that the store rejected: kept with its reason until somebody retries or discards them."""

from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, delete, func, select

from etl.model.dead_letters import Chosen, DeadLetter
from etl.state import tables
from etl.state.outbox import MAX_ENTRY, Outbox

_MAX_PARAMETERS = 500
_COLUMNS = tables.dead_letters.c


class DeadLetters:
    """The dead letters, oldest first; `retry` hands them to the outbox."""

    def __init__(self, engine: Engine, outbox: Outbox) -> None:
        self._engine = engine
        self._outbox = outbox

    def count(self, chosen: Chosen) -> int:
        """How many there are."""
        query = select(func.count()).select_from(tables.dead_letters).where(*_conditions(chosen))
        with self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def oldest(self, chosen: Chosen, most: int) -> list[DeadLetter]:
        """The oldest of them."""
        with self._engine.connect() as connection:
            return [DeadLetter(*row) for row in connection.execute(_oldest(chosen, most))]

    def retry(self, chosen: Chosen) -> int:
        """Put them into the outbox again, some thousand in a transaction; how many they were.

        What is rejected meanwhile is left alone.
        """
        return self._take(chosen, self._put)

    def discard(self, chosen: Chosen) -> int:
        """Delete them permanently; returns how many there were."""
        return self._take(chosen, lambda _connection, _letters: None)

    def _take(self, chosen: Chosen, use: Callable[[Connection, list[DeadLetter]], None]) -> int:
        taken = 0
        with self._engine.connect() as connection:
            last = connection.scalar(select(func.max(_COLUMNS.id))) or 0
        while True:
            with self._engine.begin() as connection:
                query = (
                    _oldest(chosen, MAX_ENTRY).where(_COLUMNS.id <= last).with_for_update(skip_locked=True)
                )
                letters = [DeadLetter(*row) for row in connection.execute(query)]
                use(connection, letters)
                _delete(connection, (letter.id for letter in letters))
            taken += len(letters)
            if len(letters) < MAX_ENTRY:
                return taken

    def _put(self, connection: Connection, letters: Iterable[DeadLetter]) -> None:
        lines: dict[str, list[bytes]] = {}
        for letter in letters:
            lines.setdefault(letter.repository, []).append(letter.line)
        for repository, group in lines.items():
            self._outbox.add(connection, repository, group)


def _conditions(chosen: Chosen) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if chosen.ids:
        found.append(_COLUMNS.id.in_(chosen.ids))
    if chosen.repository:
        found.append(_COLUMNS.repository == chosen.repository)
    return found


def _oldest(chosen: Chosen, most: int) -> Select[Any]:
    return select(tables.dead_letters).where(*_conditions(chosen)).order_by(_COLUMNS.id).limit(most)


def _delete(connection: Connection, ids: Iterable[int]) -> None:
    numbers = sorted(ids)
    # SQLite and PostgreSQL bound the parameters of a statement.
    for at in range(0, len(numbers), _MAX_PARAMETERS):
        some = numbers[at : at + _MAX_PARAMETERS]
        connection.execute(delete(tables.dead_letters).where(_COLUMNS.id.in_(some)))
