"""A Gitea server's API: requests with its token, retries, limited bodies.

Gitea has no rate limit of its own; a proxy before it may have one, and says so with 429.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

from etl.errors import CiHealthError, DataError, FatalError, NotFoundError
from etl.extract.github.limits import as_error, backoff
from etl.extract.github.storage import Storage, Target, write_body
from etl.extract.github.transport import REDIRECTS, Transport
from etl.model.clock import GitHubClock
from etl.retry_after import retry_after
from etl.settings import GiteaSettings

_LONGEST_WAIT_S: Final = 60.0
# A log may take longer than an answer: this multiple of gitea.timeout.
_PATIENCE: Final = 10


class Gitea:
    """The API of one server. `clock` is corrected by the dates of its answers; tests replace `sleep`."""

    def __init__(
        self,
        settings: GiteaSettings,
        clock: GitHubClock,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self._sleep = sleep
        self._slots = asyncio.Semaphore(settings.concurrency)
        self._session: aiohttp.ClientSession | None = None
        self._transport: Transport | None = None
        self._storage: Storage | None = None

    @property
    def called(self) -> str:
        """The server's name for people."""
        return f"Gitea at {self.settings.url}"

    @property
    def storage(self) -> Storage:
        """Where artifacts are downloaded from."""
        assert self._storage is not None
        return self._storage

    async def __aenter__(self) -> Self:
        patience = self.settings.timeout.total_seconds()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=self.settings.concurrency),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=_PATIENCE * patience, sock_connect=patience, sock_read=patience
            ),
        )
        self._transport = Transport(self._session, self.settings.api_url, self.called)
        self._storage = Storage(self.settings, "gitea")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()
        await self.storage.close()

    async def get(self, path: str, sent: Callable[[], None]) -> Any:
        """GET a path below the API's base; returns its JSON. `sent` is called for each request.

        Raises RetriableError, FatalError (NotFoundError if it does not exist) or DataError.
        """
        return await self._until_answered(path, lambda: self._json(path, sent))

    async def fetch(self, path: str, into: Target, largest: int, sent: Callable[[], None]) -> None:
        """Write what a path answers, or what it redirects to, to a target; the token goes to the server alone.

        Raises what `get` raises, and DataError if there are more than `largest` bytes.
        """
        await self._until_answered(path, lambda: self._download(path, into, largest, sent))

    async def _until_answered(self, path: str, ask: Callable[[], Awaitable[Any]]) -> Any:
        failures = 0
        while True:
            reason, wait = "", 0.0
            try:
                async with self._slots:
                    return await ask()
            except _AgainError as error:
                reason, wait = str(error), error.wait
            except aiohttp.ClientConnectorCertificateError as error:
                raise FatalError(
                    f"the certificate of {self.settings.url} is not trusted ({error.certificate_error}): "
                    "name its authority's file in SSL_CERT_FILE"
                ) from None
            except TimeoutError:
                reason = f"{self.called} gave no answer in time"
            except aiohttp.ClientError as error:
                reason = f"no answer from {self.called} ({type(error).__name__})"
            failures += 1
            if failures > self.settings.retries:
                raise as_error(reason, path)
            await self._sleep(max(wait, backoff(failures)))

    async def _json(self, path: str, sent: Callable[[], None]) -> Any:
        assert self._transport is not None
        url = self.settings.api_url + path
        status, headers, data = await self._transport.send("GET", url, self._headers(), sent)
        return self._answer(status, headers, data, path)

    async def _download(self, path: str, into: Target, largest: int, sent: Callable[[], None]) -> None:
        assert self._session is not None
        assert self._transport is not None
        sent()
        url = self.settings.api_url + path
        async with self._session.get(url, headers=self._headers(), allow_redirects=False) as response:
            status, location = response.status, response.headers.get("location")
            if status == HTTPStatus.OK:
                await write_body(response, into, largest)
                return
            if status not in REDIRECTS or location is None:
                data = await self._transport.json(response)
                raise self._error(status, response.headers, data, path)
        verdict = await self.storage.fetch(location, into, largest)
        if isinstance(verdict, CiHealthError):
            raise verdict
        if isinstance(verdict, HTTPStatus):
            raise DataError(f"the storage refuses the download ({verdict})")
        if verdict is not None:
            raise _AgainError(verdict.reason)

    def _headers(self) -> dict[str, str]:
        token = self.settings.token
        own = {"user-agent": "ci-health"}
        return own if token is None else own | {"authorization": f"token {token.get_secret_value()}"}

    def _answer(self, status: int, headers: Mapping[str, str], data: Any, path: str) -> Any:
        """The JSON of an answer; raises what to do where there is none."""
        if status == HTTPStatus.OK:
            self.clock.note(headers.get("date"))
            if not isinstance(data, dict | list):
                raise DataError(f"{self.called} answers {path} with what is no JSON: is `gitea.url` a Gitea?")
            return data
        raise self._error(status, headers, data, path)

    def _error(self, status: int, headers: Mapping[str, str], data: Any, path: str) -> Exception:
        called = self.called
        if status == HTTPStatus.UNAUTHORIZED:
            return FatalError(
                f"{called} refused the token (401): it is wrong or has expired. Set CI_HEALTH_GITEA__TOKEN to "
                "one of this server, with the scope read:repository",
                status=status,
            )
        if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
            return NotFoundError(
                f"{called} has no {path} ({status}): it is gone, misspelt, or this token may not see it. Check "
                "the repository's name, the token's access, and that the server is Gitea 1.26 or later",
                status=status,
            )
        if status in (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS) or status >= (
            HTTPStatus.INTERNAL_SERVER_ERROR
        ):
            wait = retry_after(headers.get("retry-after", ""), time.time()) or 0.0
            return _AgainError(f"{called} answered {status}", min(wait, _LONGEST_WAIT_S))
        message = data.get("message") if isinstance(data, dict) else None
        text = message[:200] if isinstance(message, str) and message else "no reason given"
        return FatalError(f"{called} answered {status} to {urlsplit(path).path}: {text}", status=status)


class _AgainError(Exception):
    """A retry may succeed, after `wait` seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait
