"""Puts the parts of the pipeline together from the settings, and takes them apart again."""

import asyncio
import fcntl
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from etl.errors import ConfigurationError, FatalError
from etl.extract.github.accounts import Accounts
from etl.extract.github.client import RepositoryClient
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.load.store import Store
from etl.model.pages import PageTag
from etl.pipeline.delivery import Delivery
from etl.pipeline.repositories import RepositoryList
from etl.settings import Settings
from etl.state.pages import Pages
from etl.state.state import State
from etl.transform.rules import Rules

if TYPE_CHECKING:
    from etl.workers.locks import RepositoryLocks
    from etl.workers.queue import Queue

log = structlog.get_logger(__name__)

_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts of the pipeline; `clock` gives Unix seconds, `debug` shows tracebacks of defects.

    `failing` has the error of every repository whose last sync failed; who reads a repository locks
    its lock of `turns`.
    """

    settings: Settings
    rules: Rules
    accounts: Accounts
    repositories: RepositoryList
    store: Store
    state: State
    clock: Callable[[], float]
    debug: bool = False
    failing: dict[str, str] = field(default_factory=dict)
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    queue: "Queue | None" = None
    locks: "RepositoryLocks | None" = None
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def client(self, name: str) -> RepositoryClient:
        """GitHub as one repository, with counters of its own."""
        return self.accounts.of(name).repository(name, _Tags(self.state.pages, name))

    def last_webhook_at(self, name: str) -> float | None:
        """When a webhook last told of a repository (Unix seconds); what came while they were on counts no more."""
        http = self.settings.http
        is_on = http.enabled and http.webhooks.secret is not None
        return self.state.deliveries.newest(name) if is_on else None

    def hold(self, repository: str) -> AbstractAsyncContextManager[None]:
        """Keep other processes off a repository, where there may be any."""
        return nullcontext() if self.locks is None else self.locks.hold(repository)

    async def wait_for_outbox_capacity(self, delivery: Delivery) -> None:
        """Wait while the outbox is full; raises FatalError where nobody empties it any more."""
        limit = self.settings.state.outbox_limit
        told = False
        # Whoever comes while one waits, waits behind it: one line tells of all.
        async with self._lock:
            while self.state.outbox.points() >= limit:
                if delivery.hopeless and delivery.trouble:
                    raise FatalError(f"the outbox is full ({limit} points): {delivery.trouble.reason}")
                if not told:
                    log.warning(
                        "the outbox is full: extraction pauses until the store takes points", limit=limit
                    )
                    told = True
                await asyncio.sleep(_POLL_S)
            if told:
                log.info("the outbox has room again: extraction goes on")


@dataclass(frozen=True, slots=True)
class _Tags:
    """Page tags of the repository of one configured name, whatever its id is now."""

    pages: Pages
    name: str

    def get(self, url: str, identity: str) -> PageTag | None:
        return self.pages.get(self.name, url, identity)


def open_store(settings: Settings) -> Store:
    """InfluxDB where one is configured, else the embedded store."""
    if settings.influxdb is not None:
        return InfluxStore(settings.influxdb)
    return DuckStore(settings.data_dir / "ci-health.duckdb")


@asynccontextmanager
async def open_pipeline(
    settings: Settings, *, clock: Callable[[], float] = time.time, debug: bool = False
) -> AsyncIterator[Pipeline]:
    """A pipeline that is ready to sync; one process at a time on a data folder, or several on a server.

    Raises ConfigurationError where the settings do not suffice or the state cannot be opened.
    """
    settings.require_source()
    rules = Rules.of(settings)
    with _private(), _at_work(settings):
        state = State(settings.state_url, clock)
        store = open_store(settings)
        shared_limits = state.rate_limits if state.shared else None
        try:
            async with (
                Accounts(settings.github, clock=clock, shared_limits=shared_limits) as accounts,
                _queue(settings) as (queue, locks),
            ):
                repositories = RepositoryList(settings, accounts, state.repositories, clock)
                yield Pipeline(
                    settings,
                    rules,
                    accounts,
                    repositories,
                    store,
                    state,
                    clock,
                    debug,
                    queue=queue,
                    locks=locks,
                )
        finally:
            await store.close()
            state.close()


@asynccontextmanager
async def _queue(settings: Settings) -> AsyncIterator[tuple["Queue | None", "RepositoryLocks | None"]]:
    """The queue of a shared state. Who does not share any need not wait until it is imported."""
    if not settings.shares_state:
        yield None, None
        return
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
def _private() -> Iterator[None]:
    """What is created meanwhile is for its owner alone: the databases make files beside their own."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _at_work(settings: Settings) -> Iterator[None]:
    """Hold the data folder's lock, alone or beside other workers; however a process ends, the system frees it."""
    how = fcntl.LOCK_SH if settings.shares_state else fcntl.LOCK_EX
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        lock = (settings.data_dir / "lock").open("a")
    except OSError as error:
        raise ConfigurationError(
            f"the data folder {settings.data_dir} cannot be used: {error.strerror}; set data_dir"
        ) from None
    with lock:
        try:
            fcntl.flock(lock, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"another ci-health works on the data folder {settings.data_dir}: "
                "wait for it, or set another data_dir"
            ) from None
        yield
