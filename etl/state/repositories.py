"""Repositories as last read, each with its cursor: everything before it is committed.

A repository of which only other CIs tell has a negative id, and no cursor.
"""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, delete, func, or_, select, update

from etl.errors import SupersededError
from etl.model.ingested import negative_id
from etl.model.records import Workflow
from etl.state import tables
from etl.state.database import require_current, upsert
from etl.state.ingested import hand_over

# Used in every transaction of a session: built once, since building a statement is slow.
_TURN = (
    select(tables.repositories.c.turn)
    .where(tables.repositories.c.id == bindparam("repository"))
    .with_for_update(read=True)
)

_USUAL_BRANCH = "main"


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
        """Names of all repositories that were ever read from GitHub, in order."""
        return self._names(tables.repositories.c.id > 0)

    def ingested(self) -> list[str]:
        """Names of all repositories of which only other CIs tell, in order."""
        return self._names(tables.repositories.c.id < 0)

    def for_ingest(self, name: str, default_branch: str) -> KnownRepository:
        """The repository that is configured or called so now, whatever the case; else a new one, not of GitHub.

        The default branch is that of GitHub, else the one given, else the one given before.
        """
        table = tables.repositories
        with self._engine.begin() as connection:
            require_current(connection)
            is_named = func.lower(table.c.name) == name.lower()
            found = connection.execute(
                select(table.c.name, table.c.id, table.c.default_branch)
                .where(or_(is_named, func.lower(table.c.full_name) == name.lower()))
                .order_by(is_named.desc(), table.c.id.desc())
                .limit(1)
            ).one_or_none()
            if found is None or found.id < 0:
                name = name if found is None else found.name
                branch = default_branch or (_USUAL_BRANCH if found is None else found.default_branch)
                own = KnownRepository(negative_id("repository", name), name, name, branch, ())
                upsert(connection, table, _row(own))
            else:
                name = found.name
        known = self.get(name)
        assert known is not None
        return known

    def hold(self, connection: Connection, repository: KnownRepository) -> bool:
        """Keep others from ingesting into the repository until the caller's transaction ends; False if it is gone."""
        query = select(tables.repositories.c.id).where(tables.repositories.c.id == repository.id)
        return connection.scalar(query.with_for_update()) is not None

    def _names(self, wanted: ColumnElement[bool]) -> list[str]:
        columns = tables.repositories.c
        with self._engine.connect() as connection:
            return list(connection.scalars(select(columns.name).where(wanted).order_by(columns.name)))

    def name_of(self, repository_id: int) -> str | None:
        """The configured name of the repository with this id; None if it was never read."""
        columns = tables.repositories.c
        with self._engine.connect() as connection:
            return connection.scalar(select(columns.name).where(columns.id == repository_id))

    def save(self, connection: Connection, repository: KnownRepository) -> None:
        """Store a repository's current names and contents; its cursor does not change."""
        name, table = repository.name, tables.repositories
        if repository.id > 0:
            self._take_over(connection, repository)
        # The name may have belonged to another repository, which keeps its state under its id.
        connection.execute(
            update(table)
            .where(table.c.name == name, table.c.id != repository.id)
            .values(name=f"{name} (before {repository.id})")
        )
        upsert(connection, table, _row(repository))

    def _take_over(self, connection: Connection, repository: KnownRepository) -> None:
        """What other CIs told of a repository before it was first read from GitHub belongs to it."""
        table = tables.repositories
        same = (func.lower(table.c.name) == repository.name.lower()) & (table.c.id < 0)
        for before in list(connection.scalars(select(table.c.id).where(same))):
            hand_over(connection, before, repository.id)
            connection.execute(delete(table).where(table.c.id == before))

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


def _row(repository: KnownRepository) -> dict[str, Any]:
    return {
        "id": repository.id,
        "name": repository.name,
        "full_name": repository.full_name,
        "default_branch": repository.default_branch,
        "private": repository.private,
        "workflows": [[workflow.id, workflow.name, workflow.path] for workflow in repository.workflows],
    }


def _superseded(repository: KnownRepository) -> SupersededError:
    return SupersededError(f"another process works on {repository.name} now, and goes on from what is stored")
