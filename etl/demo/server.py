"""A simulated GitHub API: a real HTTP server on loopback that answers as GitHub does.

Source: GitHub's REST API reference and its published OpenAPI description; behaviour beyond them
(the 1,000-result cap, inherited jobs) follows GitHub's documentation and public issues.
"""

import time
from collections.abc import Awaitable, Callable, Collection
from email.utils import formatdate
from types import TracebackType
from typing import Any

from aiohttp import web

from etl.demo import comments, graphql, logs, routes, storage
from etl.demo.app import SimulatedApp, token_of
from etl.demo.faults import Faults
from etl.demo.history import History, Repository
from etl.demo.protocol import Log, RateLimit, Request, error

_LOOPBACK = "127.0.0.1"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class SimulatedGitHub:
    """Serves a history as it stands at the clock's time.

    `tokens` are those that are accepted, None accepts any; with an `app`, those of its installations
    are. `beyond_cap` is what a page past the 1,000th result answers: `422` or `empty`; `signed_s` is
    how long addresses of downloads are good, in seconds of the clock. Tests change `history`,
    `faults` and the clock while it runs, and read `log`.
    """

    def __init__(
        self,
        history: History,
        *,
        clock: Callable[[], float] = time.time,
        tokens: Collection[str] | None = None,
        rate_limit: int = 5_000,
        beyond_cap: str = "422",
        signed_s: float = 60.0,
    ) -> None:
        self.history = history
        self.clock = clock
        self.tokens = tokens
        self.beyond_cap = beyond_cap
        self.signed_s = signed_s
        self.faults = Faults()
        self.log = Log()
        self.app: SimulatedApp | None = None
        self.url = ""
        self.storage_url = ""
        self._rate_limit = rate_limit
        self._limits: dict[str, RateLimit] = {}
        self._runners: list[web.AppRunner] = []
        self._uploads: dict[int, storage.Uploads] = {}
        self._jobs: dict[int, logs.Jobs] = {}
        self._comments: dict[int, comments.Comments] = {}

    async def __aenter__(self) -> str:
        return await self.start()

    async def __aexit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> str:
        """Serve on a free loopback port; returns the API's base URL."""
        self.storage_url = await self._serve([*storage.routes(self), *logs.routes(self)])

        @web.middleware
        async def as_github(request: web.Request, handler: Handler) -> web.StreamResponse:
            return await self._answer(request, handler)

        self.url = await self._serve(routes.api(self), as_github)
        return self.url

    async def stop(self) -> None:
        """Stop serving."""
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()

    async def _serve(self, table: list[web.RouteDef], *middlewares: Any) -> str:
        app = web.Application(middlewares=middlewares)
        app.add_routes(table)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        self._runners.append(runner)
        site = web.TCPSite(runner, _LOOPBACK, 0)
        await site.start()
        return f"http://{_LOOPBACK}:{runner.addresses[0][1]}"

    def repository(self, full_name: str) -> Repository | None:
        """The repository that has this name now."""
        return next((item for item in self.history.repositories if item.full_name == full_name), None)

    def uploads(self, repository: Repository) -> storage.Uploads:
        """The repository's artifacts by id."""
        return self._uploads.setdefault(repository.id, storage.Uploads())

    def jobs(self, repository: Repository) -> logs.Jobs:
        """The repository's jobs by id."""
        return self._jobs.setdefault(repository.id, logs.Jobs())

    def comments(self, repository: Repository) -> comments.Comments:
        """The comments on the repository's pull requests."""
        return self._comments.setdefault(repository.id, comments.Comments())

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        token = token_of(request)
        limit = self._limit(token, "graphql" if request.path == graphql.PATH else "core")

        async def go_on() -> web.StreamResponse:
            return self._refusal(request, token, limit) or await handler(request)

        fault = self.faults.take(request.path_qs)
        response = await fault(request, go_on) if fault else await go_on()
        if response.status != 304 and limit.remaining > 0:  # noqa: PLR2004
            limit.remaining -= 1
        if not response.prepared:
            for name, value in {"date": formatdate(self.clock(), usegmt=True), **limit.headers()}.items():
                response.headers.setdefault(name, value)
        self.log.requests.append(Request(request.method, request.path_qs, token, response.status))
        return response

    def may_see(self, request: web.Request, repository: Repository) -> bool:
        """Whether the token of a request may see a repository: an installation's token sees its owner's."""
        return self.app is None or self.app.may_see(token_of(request), repository)

    def _limit(self, token: str, resource: str) -> RateLimit:
        # An installation keeps its rate limit when its token is renewed.
        installation = None if self.app is None else self.app.installation_of(token, self.clock())
        key = f"installation {installation.id}" if installation else token
        fresh = RateLimit(self._rate_limit, self._rate_limit, 0, resource)
        limit = self._limits.setdefault(f"{resource} {key}", fresh)
        limit.renew(self.clock())
        return limit

    def _refusal(self, request: web.Request, token: str, limit: RateLimit) -> web.Response | None:
        if request.path.startswith("/app/"):
            return None
        if not token or not self._is_accepted(token):
            return error(401, "Bad credentials")
        if limit.remaining <= 0:
            return error(403, "API rate limit exceeded for user ID 1.")
        return None

    def _is_accepted(self, token: str) -> bool:
        if self.app is not None:
            return self.app.installation_of(token, self.clock()) is not None
        return self.tokens is None or token in self.tokens
