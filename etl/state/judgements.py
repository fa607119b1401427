"""What was found of a repository, and what was computed of each of its series."""

from functools import cache
from typing import NamedTuple

from sqlalchemy import Connection, Engine, Executable, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from etl.state import tables

_COLUMNS = tables.judgements.c


class StoredJudgements(NamedTuple):
    """What a look left, as bytes that only the judge reads, and how often points were committed since."""

    findings: bytes = b""
    memory: bytes = b""
    unread: int = 0


class Judgements:
    """Judgements by repository; a repository of which nothing was read has none."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, repository_id: int) -> StoredJudgements:
        """What the last look left."""
        query = select(_COLUMNS.findings, _COLUMNS.memory, _COLUMNS.unread).where(
            _COLUMNS.repository_id == repository_id
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return StoredJudgements(*row) if row else StoredJudgements()

    def outdate(self, connection: Connection, repository_id: int) -> None:
        """Record that there are points the last look did not see, within the caller's transaction."""
        connection.execute(_outdate(connection.dialect.name), {"repository_id": repository_id})

    def replace(
        self, connection: Connection, repository_id: int, before: StoredJudgements, now: StoredJudgements
    ) -> bool:
        """Record a look that began from `before`; False where another look, or a deletion, came between."""
        is_ours = (
            (_COLUMNS.repository_id == repository_id)
            & (_COLUMNS.findings == before.findings)
            & (_COLUMNS.memory == before.memory)
            & (_COLUMNS.unread >= before.unread)
        )
        left = _COLUMNS.unread - before.unread
        values = {"findings": now.findings, "memory": now.memory, "unread": left}
        return connection.execute(update(tables.judgements).where(is_ours).values(values)).rowcount == 1

    def forget(self, connection: Connection, repository_id: int) -> None:
        """Delete what was found: its points went, and are made anew by the next look."""
        connection.execute(delete(tables.judgements).where(_COLUMNS.repository_id == repository_id))


@cache
def _outdate(dialect: str) -> Executable:
    made = (postgresql if dialect == "postgresql" else sqlite).insert(tables.judgements)
    statement: Executable = made.values(
        repository_id=bindparam("repository_id"), findings=b"", memory=b"", unread=1
    ).on_conflict_do_update(index_elements=["repository_id"], set_={"unread": _COLUMNS.unread + 1})
    return statement
