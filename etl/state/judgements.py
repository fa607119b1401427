"""What was found of a repository, and what was computed of each of its series."""

from typing import NamedTuple

from sqlalchemy import Connection, Engine, delete, select

from etl.state import tables
from etl.state.database import upsert

_COLUMNS = tables.judgements.c


class StoredJudgements(NamedTuple):
    """Both as bytes, which only the judge reads."""

    findings: bytes
    memory: bytes


class Judgements:
    """Judgements by repository."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, repository_id: int) -> StoredJudgements | None:
        """What the last look left; None before the first."""
        query = select(_COLUMNS.findings, _COLUMNS.memory).where(_COLUMNS.repository_id == repository_id)
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        return None if row is None else StoredJudgements(row.findings, row.memory)

    def save(self, connection: Connection, repository_id: int, findings: bytes, memory: bytes) -> None:
        """Record a look, within the caller's transaction."""
        values = {"repository_id": repository_id, "findings": findings, "memory": memory}
        upsert(connection, tables.judgements, values)

    def forget(self, connection: Connection, repository_id: int) -> None:
        """Delete what was found: its points went, and are made anew by the next look."""
        connection.execute(delete(tables.judgements).where(_COLUMNS.repository_id == repository_id))
