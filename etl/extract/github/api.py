"""GitHub's API with one identity: authentication, waiting for rate limits, retries.

Source: GitHub docs, "Best practices for using the REST API".
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import nullcontext
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import aiohttp
import structlog
from gidgethub import sansio
from multidict import CIMultiDict

from etl.errors import CiHealthError, DataError, FatalError, RateLimitedError
from etl.extract.github.auth import Auth, account_of, authenticate, identity_of
from etl.extract.github.kinds import GRAPHQL
from etl.extract.github.limits import Retry, as_error, backoff, judge
from etl.extract.github.storage import Storage
from etl.extract.github.transport import NO_JSON, REDIRECTS, Transport
from etl.extract.github.turns import Turns
from etl.model.clock import GitHubClock, local_time
from etl.model.pages import PageTag
from etl.model.rate_limit import Budget, SharedRateLimits, Wait
from etl.model.values import iso_time
from etl.settings import GitHubSettings

log = structlog.get_logger(__name__)

_REQUESTER = "ci-health"
_API_VERSION = "2022-11-28"
# Seconds for which the rate limits that other processes shared are used before they are read again.
_STALE_S = 1.0

# A final answer with its JSON, or how to retry.
Verdict = tuple[int, CIMultiDict[str], Any] | Wait | Retry | CiHealthError


class GitHub:
    """GitHub's REST API with one identity, its own connections and its own rate limit.

    The identity comes from `auth`, by default from the settings (the App itself if they name no installation).
    `clock` returns Unix seconds and is corrected by the dates of answers; tests replace it and `sleep`. Processes
    share their rate limits through `shared_limits`. `kinds` counts the requests for repositories by kind, and
    `turns` are those of runs that are read.
    """

    def __init__(
        self,
        settings: GitHubSettings,
        *,
        auth: Auth | None = None,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        shared_limits: SharedRateLimits | None = None,
    ) -> None:
        self.settings = settings
        self.budget = Budget()
        self.kinds: Counter[str] = Counter()
        self.turns = Turns(lambda: self.budget.spare(settings.reserve, self._clock()))
        self._clock = clock if isinstance(clock, GitHubClock) else GitHubClock(clock)
        self._sleep = sleep
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._auth = auth or authenticate(settings, self._post_as_app, self._clock)
        self._transport: Transport | None = None
        self._storage: Storage | None = None
        self._logged_wait_until = 0.0
        self._shared_limits = shared_limits
        self._exchanged_at = 0.0

    async def __aenter__(self) -> Self:
        session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.settings.concurrency),
            timeout=aiohttp.ClientTimeout(total=self.settings.timeout.total_seconds()),
        )
        self._transport = Transport(session, self.settings.api_url)
        self._storage = Storage(self.settings)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._transport is not None
        await self._transport.close()
        await self.storage.close()

    @property
    def storage(self) -> Storage:
        """Where artifacts are downloaded from."""
        assert self._storage is not None
        return self._storage

    async def _post_as_app(self, path: str, jwt: Callable[[], str]) -> Any:
        async def prepare() -> Mapping[str, str]:
            return sansio.create_headers(_REQUESTER, jwt=jwt())

        _, _, data = await self._ask("POST", self.absolute(path), prepare, lambda: None)
        return data

    def absolute(self, path: str) -> str:
        """A path below the API's base as a URL."""
        return path if "://" in path else self.settings.api_url + path

    def relative(self, url: str) -> str:
        """A URL of the API as a path, under which its tag is stored."""
        base = self.settings.api_url
        return url.removeprefix(base) if url.startswith(base + "/") else url

    async def get(
        self,
        path: str,
        known: Callable[[str], Awaitable[PageTag | None]],
        sent: Callable[[], None],
        follow: Collection[int] = REDIRECTS,
    ) -> tuple[int, CIMultiDict[str], Any, str, PageTag | None]:
        """GET a path; returns status, headers, JSON, the identity used and the tag sent.

        A redirect whose status is not in `follow` is returned without JSON.
        """
        token, tag = "", None

        async def prepare() -> Mapping[str, str]:
            # For each request: an App's token may expire during a wait for the rate limit.
            nonlocal token, tag
            token = ""
            token = await self._auth.token()
            tag = await known(identity_of(token))
            headers = _headers(token)
            if tag is not None:
                headers["if-none-match"] = tag.etag
            return headers

        url = self.absolute(path)
        try:
            status, answered, data = await self._ask("GET", url, prepare, sent, follow)
        except FatalError as error:
            if error.status != HTTPStatus.UNAUTHORIZED or not self._auth.forget(token):
                raise
            status, answered, data = await self._ask("GET", url, prepare, sent, follow)
        return status, answered, data, identity_of(token), tag

    async def write(self, method: str, path: str, body: Any, sent: Callable[[], None]) -> Any:
        """POST, PATCH or DELETE; returns the answer's JSON, None if it has none.

        Unlike the others, a POST is not repeated where it is unknown whether GitHub took it: RetriableError.
        """

        async def prepare() -> Mapping[str, str]:
            return _headers(await self._auth.token())

        _, _, data = await self._ask(
            method, self.absolute(path), prepare, sent, body=body, once=method == "POST"
        )
        return data

    async def query(self, body: Any, sent: Callable[[], None]) -> Any:
        """Ask the GraphQL API, and return the answer's JSON; like a GET, a query is repeated."""

        async def prepare() -> Mapping[str, str]:
            return _headers(await self._auth.token())

        url = graphql_url(self.settings.api_url)
        _, _, data = await self._ask("POST", url, prepare, sent, body=body)
        return data

    async def _ask(
        self,
        method: str,
        url: str,
        prepare: Callable[[], Awaitable[Mapping[str, str]]],
        sent: Callable[[], None],
        follow: Collection[int] = REDIRECTS,
        *,
        body: Any = None,
        once: bool = False,
    ) -> tuple[int, CIMultiDict[str], Any]:
        """Send a request until there is a final answer; raises RetriableError if retries or patience run out.

        With `once` it is sent again only if GitHub said that it did not take it.
        """
        failures = waits = 0
        waited = 0.0
        # A token is renewed while its request has a slot, so the renewal must not wait for one too.
        slots = self._slots if method == "GET" else nullcontext()
        while True:
            async with slots:
                waited += await self._pause(waited)
                headers = await prepare()
                verdict = await self._try(method, url, headers, sent, follow=follow, waits=waits, body=body)
            if isinstance(verdict, tuple):
                return verdict
            if isinstance(verdict, CiHealthError):
                raise verdict
            if isinstance(verdict, Retry):
                if once:
                    raise as_error(verdict.reason, self.relative(url))
                failures += 1
                await self.back_off(failures, verdict.reason, self.relative(url))
            else:
                waits += 1
                self.budget.hold(verdict, self._clock())
                await self._exchange()

    async def back_off(self, failures: int, reason: str, path: str) -> None:
        """Wait before a retry; raises RetriableError if there are no retries left."""
        if failures > self.settings.retries:
            raise as_error(reason, path)
        await self._sleep(backoff(failures))

    async def _try(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        sent: Callable[[], None],
        *,
        follow: Collection[int],
        waits: int,
        body: Any,
    ) -> Verdict:
        assert self._transport is not None
        try:
            status, answered, data = await self._transport.send(method, url, headers, sent, follow, body=body)
        except aiohttp.ClientConnectorCertificateError as error:
            return FatalError(
                f"the certificate of {self.settings.api_url} is not trusted "
                f"({error.certificate_error}): name its authority's file in SSL_CERT_FILE"
            )
        except TimeoutError:
            return Retry("GitHub gave no answer in time")
        except aiohttp.ClientError as error:
            return Retry(f"no answer from GitHub at {self.settings.api_url} ({type(error).__name__})")
        self.budget.note(answered)
        await self._exchange()
        verdict = self._verdict(status, answered, data, self.relative(url), waits)
        # If the clock is wrong, a JWT is refused; that answer has GitHub's time too.
        if isinstance(verdict, tuple) or status == HTTPStatus.UNAUTHORIZED:
            self._note_time(answered.get("date"))
        return verdict

    def _note_time(self, date: str | None) -> None:
        """Compare the machine's clock with GitHub's; a difference is logged once, and once that it is over."""
        was_wrong = self._clock.is_wrong
        self._clock.note(date)
        if self._clock.is_wrong and not was_wrong:
            log.warning("this machine's clock is wrong", ahead=round(self._clock.ahead))
        elif was_wrong and not self._clock.is_wrong:
            log.info("this machine's clock is right again")

    def _verdict(self, status: int, headers: CIMultiDict[str], data: Any, url: str, waits: int) -> Verdict:
        if status in (HTTPStatus.NOT_MODIFIED, HTTPStatus.NO_CONTENT):
            return status, headers, None
        if status in REDIRECTS and "location" in headers:
            # Redirects to follow have been followed already.
            return status, headers, None
        if status >= HTTPStatus.BAD_REQUEST:
            return judge(status, headers, data, url=url, now=self._clock(), waits=waits)
        if status >= HTTPStatus.MULTIPLE_CHOICES:
            return DataError(f"GitHub redirects {url} nowhere ({status})")
        if data is None:
            # A valid answer that a retry would repeat: only this item fails, not the sync.
            return DataError(f"GitHub's answer to {url} is null")
        return Retry("GitHub sent no valid JSON") if data is NO_JSON else (status, headers, data)

    async def _exchange(self) -> None:
        """Share this identity's rate limit with other processes, and take over what they shared."""
        if self._shared_limits is not None:
            self.budget = await self._shared_limits.exchange(account_of(self.settings), self.budget)
            self._exchanged_at = self._clock()

    async def _pause(self, waited: float) -> float:
        """Wait until the rate limit allows a request beyond the reserve; returns the seconds waited."""
        if self._clock() - self._exchanged_at >= _STALE_S:
            await self._exchange()
        pause = self.budget.pause(self.settings.reserve, self._clock())
        if pause.seconds > 0:
            await self._wait(pause, waited)
        return pause.seconds

    async def _wait(self, wait: Wait, waited: float) -> None:
        longest = self.settings.max_wait.total_seconds()
        until = self._clock() + wait.seconds
        if waited + wait.seconds > longest:
            raise RateLimitedError(
                f"{wait.reason} until {local_time(until)}, which is longer than github.max_wait: "
                "the next sync goes on where this one stood",
                reason=wait.reason,
                retry_after=wait.seconds,
            )
        # Many requests wait for the same time: one line is logged for all.
        if until > self._logged_wait_until + 1:
            then = iso_time(until)
            log.warning("waiting for GitHub", reason=wait.reason, seconds=round(wait.seconds), until=then)
            self._logged_wait_until = until
        await self._sleep(wait.seconds)


def graphql_url(api_url: str) -> str:
    """Where the GraphQL API is; GitHub Enterprise Server has the REST API at /api/v3, and that at /api/graphql."""
    return api_url.removesuffix("/v3") + GRAPHQL


def _headers(token: str) -> dict[str, str]:
    """The headers of every request; GitHub accepts a JWT only as a bearer token."""
    headers = sansio.create_headers(_REQUESTER, jwt=token, accept="application/vnd.github+json")
    headers["x-github-api-version"] = _API_VERSION
    return headers
