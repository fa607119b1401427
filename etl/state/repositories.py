"""Repositories as they were last read, each with the cursor up to which all is committed."""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update

from etl.extract.records import Workflow
from etl.state import tables
from etl.state.database import upsert


@dataclass(frozen=True, slots=True)
class KnownRepository:
    """A repository as it was last read: `name` is configured, `full_name` what it is called now.

    `origin` is where its first sync began, `cursor` up to where all is committed (Unix seconds).
    """

    id: int
    name: str
    full_name: str
    default_branch: str
    workflows: tuple[Workflow, ...]
    origin: int | None = None
    cursor: int | None = None
    private: bool = True


class Repositories:
    """Known repositories, by the names that are configured."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, name: str) -> KnownRepository | None:
        """The repository that was last known by this configured name."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(tables.repositories).where(tables.repositories.c.name == name)
            ).one_or_none()
        if row is None:
            return None
        workflows = tuple(Workflow(*item) for item in row.workflows)
        return KnownRepository(
            row.id,
            row.name,
            row.full_name,
            row.default_branch,
            workflows,
            row.origin,
            row.cursor,
            row.private,
        )

    def names(self) -> list[str]:
        """Names of all repositories that were ever read, in order."""
        columns = tables.repositories.c
        with self._engine.connect() as connection:
            return list(connection.scalars(select(columns.name).order_by(columns.name)))

    def name_of(self, repository_id: int) -> str | None:
        """The configured name of the repository with this id; None where it was never read."""
        columns = tables.repositories.c
        with self._engine.connect() as connection:
            return connection.scalar(select(columns.name).where(columns.id == repository_id))

    def save(self, connection: Connection, repository: KnownRepository) -> None:
        """Keep what a repository is called and contains now; its cursor stays as it is."""
        name, table = repository.name, tables.repositories
        # The name may have belonged to another repository, which keeps its state by its id.
        connection.execute(
            update(table)
            .where(table.c.name == name, table.c.id != repository.id)
            .values(name=f"{name} (before {repository.id})")
        )
        row = {
            "id": repository.id,
            "name": name,
            "full_name": repository.full_name,
            "default_branch": repository.default_branch,
            "private": repository.private,
            "workflows": [[workflow.id, workflow.name, workflow.path] for workflow in repository.workflows],
        }
        upsert(connection, table, row)

    def move_cursor(self, repository_id: int, cursor: int) -> None:
        """Move the cursor forward; it never goes back."""
        table = tables.repositories
        with self._engine.begin() as connection:
            connection.execute(
                update(table)
                .where(table.c.id == repository_id, (table.c.cursor.is_(None)) | (table.c.cursor < cursor))
                .values(cursor=cursor)
            )

    def begin(self, repository_id: int, origin: int) -> None:
        """Remember where the first sync of a repository begins; later calls change nothing."""
        table = tables.repositories
        with self._engine.begin() as connection:
            connection.execute(
                update(table)
                .where(table.c.id == repository_id, table.c.origin.is_(None))
                .values(origin=origin)
            )
