"""The state, and what is committed together: a run with its points and its evidence."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from sqlalchemy import Connection

from etl.errors import SupersededError
from etl.model.cardinality import SeenTests
from etl.model.commit_checks import Commit
from etl.model.evidence import Execution
from etl.model.ingested import IngestedJob
from etl.model.open_pieces import OpenPiece, PieceName
from etl.model.pages import PageTag
from etl.model.records import Artifact
from etl.state.artifacts import Artifacts
from etl.state.backfills import Backfills
from etl.state.cardinality import DistinctTestCounts
from etl.state.comments import Comments
from etl.state.commits import Commits
from etl.state.database import is_shared, open_database, open_for_reading
from etl.state.dead_letters import DeadLetters
from etl.state.deliveries import Deliveries
from etl.state.evidence import Evidence
from etl.state.ingested import IngestedJobs
from etl.state.judgements import Judgements, StoredJudgements
from etl.state.metadata import Metadata
from etl.state.open_pieces import OpenPieces
from etl.state.outbox import Outbox
from etl.state.pages import Pages
from etl.state.payloads import Payloads
from etl.state.rate_limits import RateLimits
from etl.state.repositories import KnownRepository, Repositories
from etl.state.runs import KnownRun, Runs
from etl.state.sql_thread import SqlThread


class State:
    """Everything that is stored between syncs; each method here is one transaction, and blocks.

    Coroutines use `await state.call(method, ...)`, which blocks only the state's own thread.

    A session can commit only while it is the repository's latest (`repositories.begin_session`): one that
    was presumed dead raises SupersededError.
    """

    def __init__(
        self,
        url: str,
        clock: Callable[[], float] = time.time,
        thread: SqlThread | None = None,
        *,
        read_only: bool = False,
    ) -> None:
        """Open the state at a SQLAlchemy URL; raises ConfigurationError where it cannot be.

        `read_only`: an SQLite state stays as it is, and another process may be writing to it. `absent` says why
        there is nothing to read; None if there is a state.
        """
        self.absent: str | None = None
        if read_only:
            self._engine, self.absent = open_for_reading(url)
        else:
            self._engine = open_database(url)
        engine = self._engine
        self._thread = thread or SqlThread()
        self.call = self._thread.call
        self.artifacts = Artifacts(engine, clock)
        self.backfills = Backfills(engine)
        self.comments = Comments(engine, clock)
        self.commits = Commits(engine, clock)
        self.rate_limits = RateLimits(engine)
        self.deliveries = Deliveries(engine, clock)
        self.distinct = DistinctTestCounts(engine, clock)
        self.evidence = Evidence(engine, clock)
        self.ingested = IngestedJobs(engine, clock)
        self.judgements = Judgements(engine)
        self.metadata = Metadata(engine)
        self.open_pieces = OpenPieces(engine, clock)
        self.outbox = Outbox(engine, clock)
        self.dead_letters = DeadLetters(engine, self.outbox)
        self.pages = Pages(engine, clock)
        self.payloads = Payloads(engine, clock)
        self.repositories = Repositories(engine)
        self.runs = Runs(engine, clock)

    @property
    def shared(self) -> bool:
        """Whether other processes may use it at the same time."""
        return is_shared(self._engine)

    @classmethod
    async def open(cls, url: str, clock: Callable[[], float] = time.time, *, read_only: bool = False) -> Self:
        """Open a state without blocking the event loop; raises what the constructor raises."""
        thread = SqlThread()
        try:
            return await thread.call(cls, url, clock, thread, read_only=read_only)
        except BaseException:
            thread.close()
            raise

    def close(self) -> None:
        """Close the database; one that does not answer is closed when the process ends."""
        if self._thread.close():
            self._engine.dispose()

    def commit_repository(self, repository: KnownRepository, tags: Iterable[PageTag]) -> KnownRepository:
        """Commit a repository's current names and contents; returns the repository with its cursor."""
        with self._engine.begin() as connection:
            self.repositories.save(connection, repository)
            self.pages.save(connection, repository.id, tags)
        known = self.repositories.get(repository.name)
        assert known is not None
        return known

    def commit_run(
        self,
        repository: KnownRepository,
        run: KnownRun,
        lines: Sequence[bytes],
        tags: Iterable[PageTag] = (),
        *,
        executions: Iterable[Execution] = (),
        seen: Iterable[SeenTests] = (),
        pieces: Iterable[OpenPiece] = (),
    ) -> None:
        """Commit a run's points with how far it is stored, what is open, and what may be evidence later."""
        with self._turn(repository) as connection:
            self.runs.save(connection, repository.id, run)
            self.open_pieces.save(connection, repository.id, run.id, pieces)
            self.pages.save(connection, repository.id, tags)
            self.evidence.add(connection, repository.id, executions)
            for tests in seen:
                self.distinct.add(connection, repository.id, tests)
            self.judgements.outdate(connection, repository.id)
            self.outbox.add(connection, repository.name, lines)

    def commit_checks(
        self,
        repository: KnownRepository,
        commit: Commit,
        lines: Sequence[bytes],
        tags: Iterable[PageTag],
        *,
        is_open: bool,
    ) -> None:
        """Commit what other CI systems reported for a commit, and whether it was everything."""
        with self._turn(repository) as connection:
            self.commits.read(connection, repository.id, commit, is_open=is_open)
            self.pages.save(connection, repository.id, tags)
            self.outbox.add(connection, repository.name, lines)

    def commit_ingested(
        self,
        repository: KnownRepository,
        job: IngestedJob,
        lines_of: Callable[[list[IngestedJob], list[Execution]], list[bytes]],
        *,
        executions: Sequence[Execution],
        seen: Iterable[SeenTests],
    ) -> int | None:
        """Commit an execution that another CI told of; returns the number of its lines.

        `lines_of` makes them from the other known executions of its run, and from those that may be counterparts of
        `executions`. None if the execution is known meanwhile, or the repository has another id. It takes no turn:
        a session reads beside it.
        """
        with self._engine.begin() as connection:
            known = (
                self.ingested.read(connection, repository.id, job.run_id)
                if (self.repositories.hold(connection, repository))
                else None
            )
            if known is None or any(one.id == job.id for one in known):
                return None
            related = self.evidence.related(repository.id, executions[0]) if executions else []
            lines = lines_of(known, related)
            for table in (self.ingested, self.evidence, self.distinct):
                table.prune(connection, repository.id)
            self.ingested.save(connection, repository.id, job)
            self.evidence.add(connection, repository.id, executions)
            for tests in seen:
                self.distinct.add(connection, repository.id, tests)
            self.judgements.outdate(connection, repository.id)
            self.outbox.add(connection, repository.name, lines)
        return len(lines)

    def forget_ingested(self, repository: KnownRepository, start: int, stop: int) -> None:
        """Forget executions of other CIs that ended in this time, so that they can be ingested again."""
        with self._turn(repository) as connection:
            self.ingested.forget(connection, repository.id, start, stop)

    def commit_judgements(
        self,
        repository: KnownRepository,
        before: StoredJudgements,
        now: StoredJudgements,
        lines: Sequence[bytes],
    ) -> None:
        """Commit what was found, with the points of the findings that changed.

        It takes no turn: reading goes on beside a look. Of two looks that began from the same state, the
        second raises SupersededError.
        """
        with self._engine.begin() as connection:
            if not self.judgements.replace(connection, repository.id, before, now):
                raise SupersededError(f"{repository.name} was judged by another process meanwhile")
            self.outbox.add(connection, repository.name, lines)

    def commit_tags(self, repository: KnownRepository, tags: Iterable[PageTag]) -> None:
        """Commit the tags of pages whose runs are all committed."""
        with self._turn(repository) as connection:
            self.pages.save(connection, repository.id, tags)

    def commit_pieces(self, repository: KnownRepository, run_id: int, pieces: Iterable[OpenPiece]) -> None:
        """Commit what is open of a run of which nothing else was read."""
        with self._turn(repository) as connection:
            self.open_pieces.save(connection, repository.id, run_id, pieces)

    def commit_piece(self, repository: KnownRepository, piece: OpenPiece) -> None:
        """Commit that a window is open."""
        with self._turn(repository) as connection:
            self.open_pieces.put(connection, repository.id, piece)

    def close_piece(self, repository: KnownRepository, name: PieceName) -> None:
        """Commit that a window was read."""
        with self._turn(repository) as connection:
            self.open_pieces.close(connection, repository.id, name)

    def commit_artifacts(
        self,
        repository: KnownRepository,
        artifacts: Sequence[Artifact],
        tags: Iterable[PageTag],
        *,
        since: int,
        newest: int,
    ) -> None:
        """Commit the needed artifacts of a listing that covered everything from `since` up to `newest`.

        The listing may have left out artifacts that an earlier one contained.
        """
        with self._turn(repository) as connection:
            self.artifacts.save(connection, repository.id, artifacts, since=since, newest=newest)
            self.pages.save(connection, repository.id, tags)

    def forget_runs(self, repository: KnownRepository, start: int) -> None:
        """Delete runs created from `start` on, and everything that would keep them from being read again."""
        with self._turn(repository) as connection:
            self.open_pieces.forget(connection, repository.id, start)
            self.judgements.forget(connection, repository.id)
            self.runs.forget(connection, repository.id, start)
            self.commits.forget(connection, repository.id, start)
            self.artifacts.forget(connection, repository.id)
            self.pages.forget(connection, repository.id)

    def prune(self, repository: KnownRepository) -> int:
        """Delete what is too old to be needed again; returns how much of it was still open."""
        with self._turn(repository) as connection:
            given_up = self.open_pieces.prune(connection, repository.id)
            for table in (self.runs, self.commits, self.pages, self.evidence, self.artifacts, self.distinct):
                table.prune(connection, repository.id)
            self.payloads.prune(connection, repository.id)
        return given_up

    @contextmanager
    def _turn(self, repository: KnownRepository) -> Iterator[Connection]:
        """A transaction of the repository's latest session; raises SupersededError if that is another one."""
        with self._engine.begin() as connection:
            self.repositories.require_turn(connection, repository)
            yield connection
