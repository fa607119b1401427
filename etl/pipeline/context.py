"""The parts of the pipeline that everything in it shares."""

import asyncio
from collections import defaultdict
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from etl.errors import FatalError
from etl.extract.github.accounts import Accounts
from etl.extract.github.client import RepositoryClient
from etl.load.store import Store
from etl.model.clock import GitHubClock
from etl.model.pages import PageTag
from etl.pipeline.delivery import Delivery
from etl.pipeline.repositories import RepositoryList
from etl.settings import Settings
from etl.state.state import State
from etl.transform.rules import Rules

log = structlog.get_logger(__name__)

_POLL_S = 0.5


class Locks(Protocol):
    """Keep other processes off a repository."""

    def hold(self, repository: str) -> AbstractAsyncContextManager[None]:
        """Wait until no other process reads the repository, and keep it until the end."""
        ...


class NoLocks:
    """Nothing to wait for: the data folder's lock keeps other processes off."""

    def hold(self, repository: str) -> AbstractAsyncContextManager[None]:
        """Hold nothing."""
        del repository
        return nullcontext()


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The parts of the pipeline; `clock` gives GitHub's time, `debug` shows tracebacks of defects.

    `failing` has the error of every repository whose last sync failed; who reads a repository locks
    its lock of `turns`.
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
    failing: dict[str, str] = field(default_factory=dict)
    turns: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def client(self, name: str) -> RepositoryClient:
        """GitHub as one repository, with counters of its own."""
        return RepositoryClient(self.accounts.of(name), name, _Tags(self.state, name))

    async def last_webhook_at(self, name: str) -> float | None:
        """When a webhook last told of a repository (Unix seconds); what came while they were on counts no more."""
        http = self.settings.http
        is_on = http.enabled and http.webhooks.secret is not None
        return await self.state.call(self.state.deliveries.newest, name) if is_on else None

    async def wait_for_outbox_capacity(self, delivery: Delivery) -> None:
        """Wait while the outbox is full; raises FatalError where nobody empties it any more."""
        limit = self.settings.state.outbox_limit
        told = False
        # Whoever comes while one waits, waits behind it: one line tells of all.
        async with self._lock:
            while await self.state.call(self.state.outbox.points) >= limit:
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

    state: State
    name: str

    async def get(self, url: str, identity: str) -> PageTag | None:
        return await self.state.call(self.state.pages.get, self.name, url, identity)
