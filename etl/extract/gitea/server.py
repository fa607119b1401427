"""A Gitea server's API: requests with its token, retries, limited bodies.

Gitea has no rate limit of its own; a proxy before it may have one, and says so with 429.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

from etl.errors import CiHealthError, DataError, FatalError, NotFoundError, RetriableError
from etl.extract.github.limits import backoff
from etl.extract.github.storage import Storage, Target, write_body
from etl.extract.github.transport import REDIRECTS, decoded, same_origin_url
from etl.model.clock import GitHubClock
from etl.retry_after import retry_after
from etl.settings import GiteaSettings

_MAX_BODY: Final = 50 * 1024 * 1024
_MAX_REDIRECTS: Final = 3
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
                raise RetriableError(
                    f"{reason} ({path}), also when asked again: the next sync goes on from here"
                )
            await self._sleep(max(wait, backoff(failures)))

    async def _json(self, path: str, sent: Callable[[], None]) -> Any:
        url = self.settings.api_url + path
        for _ in range(_MAX_REDIRECTS + 1):
            sent()
            async with self._get(url) as response:
                if response.status not in REDIRECTS or "location" not in response.headers:
                    return await self._answer(response, path)
                target = same_origin_url(self.settings.api_url, response.headers["location"], url)
            if target is None:
                raise DataError(f"{self.called} redirects {path} to another host: not followed")
            url = target
        raise DataError(f"{self.called} redirects {path} more than {_MAX_REDIRECTS} times")

    async def _download(self, path: str, into: Target, largest: int, sent: Callable[[], None]) -> None:
        sent()
        async with self._get(self.settings.api_url + path) as response:
            if response.status not in REDIRECTS or "location" not in response.headers:
                if response.status != HTTPStatus.OK:
                    await self._answer(response, path)
                    raise DataError(f"{self.called} answers {path} with {response.status}")
                await write_body(response, into, largest)
                return
            location = response.headers["location"]
        verdict = await self.storage.fetch(location, into, largest)
        if isinstance(verdict, CiHealthError):
            raise verdict
        if isinstance(verdict, HTTPStatus):
            raise DataError(f"the storage refuses the download ({verdict})")
        if verdict is not None:
            raise _AgainError(verdict.reason)

    def _get(self, url: str) -> Any:
        assert self._session is not None
        token = self.settings.token
        headers = {"user-agent": "ci-health"}
        if token is not None:
            headers["authorization"] = f"token {token.get_secret_value()}"
        return self._session.get(url, headers=headers, allow_redirects=False)

    async def _answer(self, response: aiohttp.ClientResponse, path: str) -> Any:
        """The JSON of an answer; raises what to do where there is none."""
        body = bytearray()
        async for piece in response.content.iter_chunked(1 << 16):
            body += piece
            if len(body) > _MAX_BODY:
                raise DataError(f"{self.called} answers {path} with more than {_MAX_BODY} bytes")
        data = decoded(body)
        if response.status == HTTPStatus.OK:
            self.clock.note(response.headers.get("date"))
            if not isinstance(data, dict | list):
                raise DataError(f"{self.called} answers {path} with what is no JSON: is `gitea.url` a Gitea?")
            return data
        raise self._error(response, data, path)

    def _error(self, response: aiohttp.ClientResponse, data: Any, path: str) -> Exception:
        status, called = response.status, self.called
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
            wait = retry_after(response.headers.get("retry-after", ""), time.time()) or 0.0
            return _AgainError(f"{called} answered {status}", min(wait, _LONGEST_WAIT_S))
        message = data.get("message") if isinstance(data, dict) else None
        text = message[:200] if isinstance(message, str) and message else "no reason given"
        return FatalError(f"{called} answered {status} to {urlsplit(path).path}: {text}", status=status)


class _AgainError(Exception):
    """A retry may succeed, after `wait` seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait
