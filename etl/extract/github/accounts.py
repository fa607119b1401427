"""The accounts with which GitHub is asked: a token, or a GitHub App's installations.

Each has its own rate limit, connections and token.
Source: GitHub docs, "REST API endpoints for GitHub Apps", "… for GitHub App installations".
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import structlog

from etl.extract.github.api import GitHub
from etl.extract.github.auth import NotInstalled, NoToken
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_all
from etl.extract.github.records import parse_installation, parse_repository
from etl.model.rate_limit import Budget, SharedRateLimits
from etl.model.records import Repository
from etl.settings import GitHubSettings

log = structlog.get_logger(__name__)

_TOKEN = "token"  # noqa: S105


class Accounts:
    """Who asks GitHub for which repository; `clock`, `sleep` and `shared_limits` are those of each `GitHub`."""

    def __init__(
        self,
        settings: GitHubSettings,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        shared_limits: SharedRateLimits | None = None,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._sleep = sleep
        self._shared_limits = shared_limits
        self._open = AsyncExitStack()
        auth = None if settings.token or settings.app else NoToken()
        self._own = GitHub(settings, auth=auth, clock=clock, sleep=sleep, shared_limits=shared_limits)
        self._installed: dict[str, tuple[int, GitHub]] = {}
        self._strangers: dict[str, GitHub] = {}

    async def __aenter__(self) -> Self:
        await self._open.enter_async_context(self._own)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._open.aclose()

    @property
    def several(self) -> bool:
        """Whether each owner has its own installation, rather than one account for all."""
        return self._settings.app is not None and self._settings.app.installation_id is None

    def of(self, name: str) -> GitHub:
        """The account for a repository; for an owner without an installation, one whose requests raise FatalError."""
        if not self.several:
            return self._own
        owner = name.partition("/")[0]
        if owner.lower() in self._installed:
            return self._installed[owner.lower()][1]
        return self._strangers.setdefault(owner.lower(), self._nobody(owner))

    def budgets(self) -> Iterator[tuple[str, Budget]]:
        """The rate limits by account: `token`, or the owner of an installation."""
        if not self.several:
            yield _TOKEN, self._own.budget
        for owner, (_, github) in self._installed.items():
            yield owner, github.budget

    def kinds(self) -> dict[str, Counter[str]]:
        """Requests that were sent for repositories, by account and kind."""
        installed = {owner: github.kinds for owner, (_, github) in self._installed.items()}
        return installed if self.several else {_TOKEN: self._own.kinds}

    async def refresh(self) -> None:
        """Look up where the App is installed now. Raises the error of asking GitHub."""
        if not self.several:
            return
        client = RepositoryClient(self._own, "")
        listing = await list_all(client, "/app/installations?per_page=100", None, parse_installation)
        found = {item.login.lower(): item for item in listing.items if not item.suspended}
        for owner in self._installed.keys() - found.keys():
            log.warning("the GitHub App is not installed any more", owner=owner)
            del self._installed[owner]
        for owner, item in found.items():
            if owner not in self._installed or self._installed[owner][0] != item.id:
                self._installed[owner] = (item.id, await self._installation(item.id))

    async def repositories(self, owner: str) -> list[Repository]:
        """The owner's repositories that the installation may see, without archived ones, sorted by name."""
        client = RepositoryClient(self.of(f"{owner}/"), owner)
        path = "/installation/repositories?per_page=100"
        listing = await list_all(client, path, "repositories", parse_repository)
        prefix = f"{owner}/".lower()
        own = [item for item in listing.items if item.full_name.lower().startswith(prefix)]
        return sorted((item for item in own if not item.archived), key=lambda item: item.full_name)

    async def _installation(self, number: int) -> GitHub:
        app = self._settings.app
        assert app is not None
        one = app.model_copy(update={"installation_id": number})
        settings = self._settings.model_copy(update={"app": one})
        github = GitHub(settings, clock=self._clock, sleep=self._sleep, shared_limits=self._shared_limits)
        return await self._open.enter_async_context(github)

    def _nobody(self, owner: str) -> GitHub:
        return GitHub(self._settings, auth=NotInstalled(owner), clock=self._clock, sleep=self._sleep)
