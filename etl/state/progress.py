"""What has been read: repositories with their cursor, known runs, page tags, backfills.

Everything that belongs together is committed together: a run with its points, a window with the
tags of its pages and the cursor that covers it.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from etl.extract.github.pages import PageTag
from etl.extract.records import Workflow
from etl.state import tables
from etl.state.database import upsert
from etl.state.distinct import Distinct
from etl.state.evidence import Evidence
from etl.state.outbox import Outbox
from etl.transform.distinct import SeenTests
from etl.transform.executions import Execution

COMPLETED = "completed"
# Still open after the longest time that GitHub lets a run take: not asked about any more.
AGED_OUT = "aged out"
_KEY = 8
_KEPT_S = 45 * 86_400


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


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run as it was last read; attempts up to `stored_attempt` are committed for good."""

    id: int
    created_at: int
    attempt: int
    updated_at: str
    status: str
    stored_attempt: int
    workflow: str
    branch: str
    executions: frozenset[bytes]


class Progress:
    """Reads and commits the progress of one repository after another; every call is a transaction."""

    def __init__(
        self,
        engine: Engine,
        outbox: Outbox,
        evidence: Evidence,
        distinct: Distinct,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._outbox = outbox
        self._evidence = evidence
        self._distinct = distinct
        self._clock = clock

    def repository(self, name: str) -> KnownRepository | None:
        """The repository that was last known by this configured name."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(tables.repositories).where(tables.repositories.c.name == name)
            ).one_or_none()
        if row is None:
            return None
        workflows = tuple(Workflow(*item) for item in row.workflows)
        return KnownRepository(
            row.id, row.name, row.full_name, row.default_branch, workflows, row.origin, row.cursor
        )

    def save_repository(self, repository: KnownRepository, tags: Iterable[PageTag]) -> KnownRepository:
        """Keep what a repository is called and contains now; its cursor stays as it is."""
        name = repository.name
        row = {
            "id": repository.id,
            "name": name,
            "full_name": repository.full_name,
            "default_branch": repository.default_branch,
            "workflows": [[workflow.id, workflow.name, workflow.path] for workflow in repository.workflows],
        }
        with self._engine.begin() as connection:
            # The name may have belonged to another repository, which keeps its state by its id.
            connection.execute(
                update(tables.repositories)
                .where(tables.repositories.c.name == name, tables.repositories.c.id != repository.id)
                .values(name=f"{name} (before {repository.id})")
            )
            upsert(connection, tables.repositories, row)
            self.save_tags(connection, repository.id, tags)
        known = self.repository(name)
        assert known is not None
        return known

    def page_tag(self, name: str, url: str, identity: str) -> PageTag | None:
        """What GitHub answered last to this URL and this token, of the repository of that name."""
        table, repositories = tables.page_tags, tables.repositories
        query = (
            select(table)
            .join(repositories, repositories.c.id == table.c.repository_id)
            .where(repositories.c.name == name, table.c.url == url, table.c.identity == identity)
        )
        with self._engine.connect() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        return PageTag(row.url, row.identity, row.etag, row.next_url, row.total_count, row.items)

    def run(self, repository_id: int, run_id: int) -> KnownRun | None:
        """The run as it was last read."""
        with self._engine.connect() as connection:
            row = connection.execute(
                select(tables.runs).where(
                    tables.runs.c.repository_id == repository_id, tables.runs.c.id == run_id
                )
            ).one_or_none()
        return None if row is None else _known_run(row)

    def open_runs(self, repository_id: int) -> list[KnownRun]:
        """Runs that had not ended when they were last read, oldest first."""
        table = tables.runs
        query = (
            select(table)
            .where(table.c.repository_id == repository_id, table.c.status.not_in((COMPLETED, AGED_OUT)))
            .order_by(table.c.created_at, table.c.id)
        )
        with self._engine.connect() as connection:
            return [_known_run(row) for row in connection.execute(query)]

    def commit_run(
        self,
        repository: KnownRepository,
        run: KnownRun,
        lines: Sequence[bytes],
        tags: Iterable[PageTag] = (),
        *,
        executions: Iterable[Execution] = (),
        seen: Iterable[SeenTests] = (),
    ) -> None:
        """Commit a run's points together with how far it is stored, and what may be evidence later."""
        row = {
            "repository_id": repository.id,
            "id": run.id,
            "created_at": run.created_at,
            "attempt": run.attempt,
            "updated_at": run.updated_at,
            "status": run.status,
            "stored_attempt": run.stored_attempt,
            "workflow": run.workflow,
            "branch": run.branch,
            "executions": b"".join(sorted(run.executions)),
        }
        with self._engine.begin() as connection:
            upsert(connection, tables.runs, row)
            self.save_tags(connection, repository.id, tags)
            for execution in executions:
                self._evidence.add(connection, repository.id, execution)
            for tests in seen:
                self._distinct.add(connection, repository.id, tests)
            self._outbox.add(connection, repository.name, lines)

    def commit_tags(self, repository_id: int, tags: Iterable[PageTag]) -> None:
        """Commit the tags of pages whose runs are all committed."""
        with self._engine.begin() as connection:
            self.save_tags(connection, repository_id, tags)

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

    def backfill_position(self, repository_id: int, start: int, stop: int) -> int | None:
        """Where an interrupted backfill of this very range stands; None where there is none."""
        with self._engine.connect() as connection:
            return connection.scalar(
                select(tables.backfills.c.position).where(*_is_backfill(repository_id, start, stop))
            )

    def move_backfill(self, repository_id: int, start: int, stop: int, position: int) -> None:
        """Everything created before `position` is committed."""
        row = {"repository_id": repository_id, "start": start, "stop": stop, "position": position}
        with self._engine.begin() as connection:
            upsert(connection, tables.backfills, row)

    def finish_backfill(self, repository_id: int, start: int, stop: int) -> None:
        """Forget a backfill that is through."""
        with self._engine.begin() as connection:
            connection.execute(delete(tables.backfills).where(*_is_backfill(repository_id, start, stop)))

    def forget_runs(self, repository_id: int, start: int) -> None:
        """Forget runs created from `start` on, and all page tags, so that they are read anew."""
        with self._engine.begin() as connection:
            connection.execute(
                delete(tables.runs).where(
                    tables.runs.c.repository_id == repository_id, tables.runs.c.created_at >= start
                )
            )
            connection.execute(
                delete(tables.page_tags).where(tables.page_tags.c.repository_id == repository_id)
            )

    def prune(self, repository_id: int) -> None:
        """Forget what no window reaches any more: runs that ended and tags, older than 45 days."""
        horizon = int(self._clock()) - _KEPT_S
        runs, tags = tables.runs, tables.page_tags
        with self._engine.begin() as connection:
            connection.execute(
                delete(runs).where(
                    runs.c.repository_id == repository_id,
                    runs.c.created_at < horizon,
                    runs.c.status.in_((COMPLETED, AGED_OUT)),
                )
            )
            connection.execute(
                delete(tags).where(tags.c.repository_id == repository_id, tags.c.saved_at < horizon)
            )

    def save_tags(self, connection: Connection, repository_id: int, tags: Iterable[PageTag]) -> None:
        """Keep page tags, within the caller's transaction."""
        common = {"repository_id": repository_id, "saved_at": int(self._clock())}
        upsert(connection, tables.page_tags, *({**common, **asdict(tag)} for tag in tags))


def _known_run(row: Any) -> KnownRun:
    keys = row.executions
    executions = frozenset(keys[index : index + _KEY] for index in range(0, len(keys), _KEY))
    return KnownRun(
        row.id,
        row.created_at,
        row.attempt,
        row.updated_at,
        row.status,
        row.stored_attempt,
        row.workflow,
        row.branch,
        executions,
    )


def _is_backfill(repository_id: int, start: int, stop: int) -> tuple[Any, ...]:
    columns = tables.backfills.c
    return columns.repository_id == repository_id, columns.start == start, columns.stop == stop
