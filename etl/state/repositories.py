"""Repositories as last read, each with its cursor: everything before it is committed."""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, select, update

from etl.errors import SupersededError
from etl.model.records import Workflow
from etl.state import tables
from etl.state.database import require_current, upsert

# Used in every transaction of a session: built once, since building a statement is slow.
_TURN = (
    select(tables.repositories.c.turn)
    .where(tables.repositories.c.id == bindparam("repository"))
    .with_for_update(read=True)
)


@dataclass(frozen=True, slots=True)
class KnownRepository:
    """A repository as it was last read: `name` is configured, `full_name` what it is called now.

    `origin` is where its first sync began, `cursor` up to where all is committed, `swept_at` when every
    window was last looked at (Unix seconds). `turn` is that of the session which holds this.
    """

    id: int
    name: str
    full_name: str
    default_branch: str
    workflows: tuple[Workflow, ...]
    origin: int | None = None
    cursor: int | None = None
    private: bool = True
    swept_at: int | None = None
    turn: int = 0


class Repositories:
    """Known repositories, by the names that are configured."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, name: str) -> KnownRepository | None:
        """The repository last known by this configured name."""
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
            row.swept_at,
            row.turn,
        )

    def names(self) -> list[str]:
        """Names of all repositories that were ever read, in order."""
        columns = tables.repositories.c
        with self._engine.connect() as connection:
            return list(connection.scalars(select(columns.name).order_by(columns.name)))

    def name_of(self, repository_id: int) -> str | None:
        """The configured name of the repository with this id; None if it was never read."""
        columns = tables.repositories.c
        with self._engine.connect() as connection:
            return connection.scalar(select(columns.name).where(columns.id == repository_id))

    def save(self, connection: Connection, repository: KnownRepository) -> None:
        """Store a repository's current names and contents; its cursor does not change."""
        name, table = repository.name, tables.repositories
        # The name may have belonged to another repository, which keeps its state under its id.
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

    def begin_session(self, repository: KnownRepository) -> KnownRepository:
        """Begin a session on the repository; sessions that began earlier can no longer commit.

        Raises ConfigurationError where a newer version has migrated the state.
        """
        table = tables.repositories
        with self._engine.begin() as connection:
            require_current(connection)
            connection.execute(update(table).where(table.c.id == repository.id).values(turn=table.c.turn + 1))
            turn = connection.scalar(select(table.c.turn).where(table.c.id == repository.id))
        return replace(repository, turn=turn or 0)

    def require_turn(self, connection: Connection, repository: KnownRepository) -> None:
        """Raises SupersededError if another session has begun; none can begin before this transaction ends."""
        if connection.scalar(_TURN, {"repository": repository.id}) != repository.turn:
            raise _superseded(repository)

    def move_cursor(self, repository: KnownRepository, before: int | None, cursor: int) -> None:
        """Move the cursor forward from the value that was read; raises SupersededError if it has changed."""
        table = tables.repositories
        is_as_read = table.c.cursor.is_(None) if before is None else table.c.cursor == before
        move = (
            update(table)
            .where(table.c.id == repository.id, table.c.turn == repository.turn, is_as_read)
            .values(cursor=cursor)
        )
        with self._engine.begin() as connection:
            if connection.execute(move).rowcount != 1:
                raise _superseded(repository)

    def begin(self, repository: KnownRepository, origin: int) -> None:
        """Record where the first sync of a repository begins; later calls change nothing."""
        self._set(repository, tables.repositories.c.origin.is_(None), origin=origin)

    def mend(self, repository: KnownRepository, origin: int) -> None:
        """Forget how far all is read, which a clock that was wrong had said: it began at `origin`."""
        self._set(repository, origin=origin, cursor=None, swept_at=None)

    def swept(self, repository: KnownRepository, at: int) -> None:
        """Record when every window was scanned."""
        self._set(repository, swept_at=at)

    def _set(
        self, repository: KnownRepository, *conditions: ColumnElement[bool], **values: int | None
    ) -> None:
        table = tables.repositories
        with self._engine.begin() as connection:
            connection.execute(update(table).where(table.c.id == repository.id, *conditions).values(values))


def _superseded(repository: KnownRepository) -> SupersededError:
    return SupersededError(f"another process works on {repository.name} now, and goes on from what is stored")
