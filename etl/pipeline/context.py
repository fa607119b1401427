"""The objects that all of the pipeline shares."""

import asyncio
from collections import defaultdict
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from etl.errors import FatalError
from etl.extract.gitea.server import Gitea
from etl.extract.gitea.source import GiteaSource
from etl.extract.github.accounts import Accounts
from etl.extract.github.client import RepositoryClient
from etl.extract.github.source import GitHubSource
from etl.extract.source import Source
from etl.load.store import Store
from etl.model.clock import GitHubClock
from etl.model.pages import PageTag
from etl.pipeline.delivery import Delivery
from etl.pipeline.repositories import RepositoryList
from etl.settings import GITEA, Settings
from etl.state.runs import KnownRun
from etl.state.state import State
from etl.transform.rules import Rules

log = structlog.get_logger(__name__)

_POLL_S = 0.5


class Locks(Protocol):
    """Locks that keep other processes from reading the same repository."""

    def hold(self, repository: str) -> AbstractAsyncContextManager[None]:
        """Wait until no other process reads the repository; hold its lock until the block ends."""
        ...


class NoLocks:
    """No locks: the data folder's lock already excludes other processes."""

    def hold(self, repository: str) -> AbstractAsyncContextManager[None]:
        """A context manager that does nothing."""
        del repository
        return nullcontext()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The objects that all of the pipeline shares; `clock` gives GitHub's time, `debug` logs tracebacks.

    `gitea` is the Gitea server, None if none is configured. `failing` has the error of every repository whose
    last sync failed. `synced` is set when syncs have ended and are judged, and cleared by whoever waits for that;
    `comment_due` likewise when a comment on a pull request is due.
    Code that reads a repository must hold its lock in `turns`.
    """

    settings: Settings
    rules: Rules
    accounts: Accounts
    repositories: RepositoryList
    store: Store
    state: State
    locks: Locks
    clock: GitHubClock
    debug: bool = False
    gitea: Gitea | None = None
    failing: dict[str, str] = field(default_factory=dict)
    synced: asyncio.Event = field(default_factory=asyncio.Event)
    comment_due: asyncio.Event = field(default_factory=asyncio.Event)
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def client(self, name: str) -> RepositoryClient:
        """A new client for one repository, with its own request counters."""
        return RepositoryClient(self.accounts.of(name), name, _Tags(self.state, name))

    def source(self, name: str) -> Source:
        """The source of one repository, with its own request counters."""
        if self.gitea is None or not name.startswith(GITEA):
            return GitHubSource(self.client(name))
        return GiteaSource(self.gitea, name, self._recall)

    async def _recall(self, repository_id: int, run_id: int) -> KnownRun | None:
        return await self.state.call(self.state.runs.get, repository_id, run_id)

    def clock_of(self, source: Source) -> GitHubClock:
        """The time by the source's server."""
        return self.clock if self.gitea is None or source.github is not None else self.gitea.clock

    async def last_webhook_at(self, name: str) -> float | None:
        """When the last webhook of a repository arrived (Unix seconds); None if none did or webhooks are off now."""
        http = self.settings.http
        is_on = http.enabled and http.webhooks.secret is not None
        return await self.state.call(self.state.deliveries.newest, name) if is_on else None

    async def wait_for_outbox_capacity(self, delivery: Delivery) -> None:
        """Wait while the outbox is full; raises FatalError if delivery has given up."""
        limit = self.settings.state.outbox_limit
        is_logged = False
        # Later callers queue behind the first, so that only one line is logged.
        async with self._lock:
            while await self.state.call(self.state.outbox.points) >= limit:
                if delivery.hopeless and delivery.trouble:
                    raise FatalError(f"the outbox is full ({limit} points): {delivery.trouble.reason}")
                if not is_logged:
                    log.warning(
                        "the outbox is full: extraction pauses until the store takes points", limit=limit
                    )
                    is_logged = True
                await asyncio.sleep(_POLL_S)
            if is_logged:
                log.info("the outbox has room again: extraction goes on")


@dataclass(frozen=True, slots=True)
class _Tags:
    """Page tags of a repository by its configured name, which stays when the repository is replaced."""

    state: State
    name: str

    async def get(self, url: str, identity: str) -> PageTag | None:
        return await self.state.call(self.state.pages.get, self.name, url, identity)
