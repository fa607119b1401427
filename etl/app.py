"""The composition root: creates the parts and wires them together."""

import fcntl
import os
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from etl.errors import ConfigurationError, LockedError
from etl.extract.gitea.server import Gitea
from etl.extract.github.accounts import Accounts
from etl.extras import Extra, needs
from etl.load.opened import open_store
from etl.model.clock import GitHubClock
from etl.model.rate_limit import Budget
from etl.pipeline.context import Locks, NoLocks, Pipeline
from etl.pipeline.repositories import RepositoryList
from etl.settings import Settings
from etl.state.state import State
from etl.transform.rules import Rules

if TYPE_CHECKING:
    from etl.workers.queue import Queue


# How long a reader waits for one answer of GitHub, and for a store, in seconds.
_TIMEOUT_S, _PATIENCE_S = 10.0, 5.0


@dataclass(frozen=True, slots=True)
class App:
    """The pipeline, and the queue of workers that share a state (None if it is not shared)."""

    pipeline: Pipeline
    queue: "Queue | None"


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    debug: bool = False,
    without_github: bool = False,
) -> AsyncIterator[App]:
    """All parts, ready to use: one process at a time per data folder, or several with a database server.

    Raises ConfigurationError if settings are missing or the state cannot be opened, its subclass LockedError if
    another process has the folder. GitHub's may be missing where nothing is read `without_github`.
    """
    _require(settings, without_github=without_github)
    with _private_files(), _locked_folder(settings):
        async with (
            _parts(settings, GitHubClock(clock), debug=debug) as pipeline,
            _open_queue(settings) as (queue, locks),
        ):
            yield App(replace(pipeline, locks=locks), queue)


def _require(settings: Settings, *, without_github: bool) -> None:
    if without_github:
        settings.require_store()
    else:
        settings.require_source()


@asynccontextmanager
async def _parts(
    settings: Settings, clock: GitHubClock, *, debug: bool = False, read_only: bool = False
) -> AsyncIterator[Pipeline]:
    """A pipeline without locks on a state and a store; where it is `read_only`, it does not wait for them for long."""
    rules = Rules.of(settings)
    state = await State.open(settings.state_url, clock, read_only=read_only)
    store = open_store(settings, clock, patience_s=_PATIENCE_S) if read_only else open_store(settings, clock)
    shared_limits = _SharedLimits(state) if state.shared else None
    try:
        async with (
            Accounts(settings.github, clock=clock, shared_limits=shared_limits) as accounts,
            _opened_gitea(settings, clock) as gitea,
        ):
            repositories = RepositoryList(settings, accounts, state, clock)
            await repositories.recall()
            yield Pipeline(
                settings, rules, accounts, repositories, store, state, NoLocks(), clock, debug, gitea
            )
    finally:
        await store.close()
        state.close()


@asynccontextmanager
async def _opened_gitea(settings: Settings, clock: GitHubClock) -> AsyncIterator[Gitea | None]:
    """The Gitea server that is configured; it corrects a clock of its own."""
    if settings.gitea is None:
        yield None
        return
    async with Gitea(settings.gitea, GitHubClock(clock.own, "Gitea")) as gitea:
        yield gitea


@dataclass(frozen=True, slots=True)
class _SharedLimits:
    """Rate limits that workers share through the state."""

    state: State

    async def exchange(self, identity: str, told: Budget) -> Budget:
        return await self.state.call(self.state.rate_limits.exchange, identity, told)


@asynccontextmanager
async def open_pipeline(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    debug: bool = False,
    without_github: bool = False,
) -> AsyncIterator[Pipeline]:
    """Just the pipeline, for commands. Raises the same errors as `open_app`."""
    async with open_app(settings, clock=clock, debug=debug, without_github=without_github) as app:
        yield app.pipeline


@asynccontextmanager
async def open_reader(
    settings: Settings, *, clock: Callable[[], float] = time.time, without_github: bool = False
) -> AsyncIterator[Pipeline]:
    """A pipeline that only asks questions, also while another process works on the data folder.

    It leaves the folder as it is and never waits for long: not for a rate limit, a busy store, or a server
    that does not answer. Raises ConfigurationError if settings are missing or the state cannot be opened.
    """
    _require(settings, without_github=without_github)
    settings = impatient(settings)
    if settings.shares_state:
        opened = open_pipeline(settings, clock=clock, without_github=without_github)
    else:
        opened = _parts(settings, GitHubClock(clock), read_only=True)
    async with opened as pipeline:
        yield pipeline


def impatient(settings: Settings) -> Settings:
    """The settings of a command that answers at once: no waits for rate limits, one retry, short time-outs."""
    timeout = min(settings.github.timeout, timedelta(seconds=_TIMEOUT_S))
    github = settings.github.model_copy(update={"max_wait": timedelta(0), "retries": 1, "timeout": timeout})
    gitea = settings.gitea
    if gitea is not None:
        timeout = min(gitea.timeout, timedelta(seconds=_TIMEOUT_S))
        gitea = gitea.model_copy(update={"retries": 1, "timeout": timeout})
    return settings.model_copy(update={"github": github, "gitea": gitea})


@asynccontextmanager
async def _open_queue(settings: Settings) -> AsyncIterator[tuple["Queue | None", Locks]]:
    """The queue of a shared state and its locks."""
    if not settings.shares_state:
        yield None, NoLocks()
        return
    # Slow to import, and most processes do not share their state.
    with needs(Extra.POSTGRESQL, "a state in PostgreSQL"):
        from etl.workers.locks import RepositoryLocks  # noqa: PLC0415
        from etl.workers.queue import Pace, open_queue  # noqa: PLC0415

    pace = Pace.of(settings.state.task_limit, settings.interval)
    async with open_queue(settings.state_url, pace) as queue:
        locks = RepositoryLocks(queue)
        try:
            yield queue, locks
        finally:
            await locks.close()


@contextmanager
def _private_files() -> Iterator[None]:
    """Make new files private to their owner, including those that the databases create."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _locked_folder(settings: Settings) -> Iterator[None]:
    """Lock the data folder (shared if the state is); the system releases it when the process ends."""
    how = fcntl.LOCK_SH if settings.shares_state else fcntl.LOCK_EX
    folder = settings.data_dir.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / "lock").open("a")
    except OSError as error:
        raise ConfigurationError(
            f"the data folder {folder} cannot be used: {error.strerror}; set data_dir"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LockedError(
                f"another ci-health works on the data folder {folder}: wait for it, or set another data_dir"
            ) from None
        yield
