"""The storage of artifacts and logs: requests signed URLs without credentials, only at checked addresses.

The process shares its connections, since all downloads come from few hosts.
"""

import asyncio
from collections.abc import Collection
from datetime import timedelta
from http import HTTPStatus
from typing import Protocol

import aiohttp
from yarl import URL

from etl.errors import CiHealthError, DataError, NotFoundError
from etl.extract.github.addresses import CheckedResolver, Policy
from etl.extract.github.limits import Retry

# Artifacts being read at once, each with a file and a report's results: limits memory.
AT_ONCE = 8
# Of a log up to four megabytes are kept while it comes.
LOGS_AT_ONCE = 4
_CHUNK = 1 << 16
_MAX_REDIRECTS = 3
# A large file may take longer than an answer: this multiple of github.timeout.
_PATIENCE = 10
_REDIRECTS = (
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.SEE_OTHER,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
)
_BUSY = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS)
_REFUSED = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN)


class Target(Protocol):
    """Receives a download; `restart` discards the bytes of an earlier try."""

    def restart(self) -> None:
        """Discard what was written."""
        ...

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        ...


# What to do if there is no content: retry, fail, or request a new URL (with the status by which the storage
# refused the old one).
Verdict = Retry | CiHealthError | HTTPStatus | None


class Place(Protocol):
    """The settings of a server that names where its artifacts and logs are stored."""

    @property
    def api_url(self) -> str: ...  # noqa: D102

    @property
    def download_hosts(self) -> Collection[str]: ...  # noqa: D102

    @property
    def timeout(self) -> timedelta: ...  # noqa: D102


class Storage:
    """Connections without cookies, proxies or credentials.

    `slots` limits artifacts being read, `alone` is the lock of runs whose results take much memory; `log_slots`
    limits logs being downloaded, `log_turn` those being analysed. `section` is that of the settings.
    """

    def __init__(self, settings: Place, section: str = "github") -> None:
        self.slots = asyncio.Semaphore(AT_ONCE)
        self.alone = asyncio.Lock()
        self.log_slots = asyncio.Semaphore(LOGS_AT_ONCE)
        self.log_turn = asyncio.Lock()
        self._policy = Policy.of(settings.api_url, settings.download_hosts, f"{section}.download_hosts")
        patience = settings.timeout.total_seconds()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=CheckedResolver(self._policy), use_dns_cache=False),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(
                total=_PATIENCE * patience, sock_connect=patience, sock_read=patience
            ),
            headers={"accept-encoding": "identity"},
            # Content that the storage compressed unasked is unpacked by the reader, which has limits.
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def fetch(self, location: str, into: Target, largest: int) -> Verdict:
        """Download at most `largest` bytes from a signed URL; returns None on success, otherwise what to do.

        Errors are returned, not raised: aiohttp's errors contain URLs.
        """
        try:
            return await self._follow(location, into, largest)
        except DataError as error:
            return error
        except aiohttp.ClientConnectorCertificateError as error:
            return DataError(
                f"the certificate of the storage {error.host[:100]!r} is not trusted: "
                "name its authority's file in SSL_CERT_FILE"
            )
        except TimeoutError:
            return Retry("the storage gave no answer in time")
        except ValueError:
            return DataError("the download leads to what is no URL")
        except aiohttp.ClientError as error:
            return Retry(f"the storage broke off or gave no answer ({type(error).__name__})")

    async def _follow(self, location: str, into: Target, largest: int) -> Verdict:
        url = _joined(None, location)
        for _ in range(_MAX_REDIRECTS):
            self._policy.check(url)
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS or "location" not in response.headers:
                    return await _taken(response, into, largest)
                url = _joined(url, response.headers["location"])
        return DataError(f"the download is redirected more than {_MAX_REDIRECTS} times")


async def _taken(response: aiohttp.ClientResponse, into: Target, largest: int) -> Verdict:
    status = response.status
    if status == HTTPStatus.OK:
        await write_body(response, into, largest)
        return None
    if status in _REFUSED:
        return HTTPStatus(status)
    if status == HTTPStatus.GONE:
        return DataError("the storage says that it has expired (410)")
    if status == HTTPStatus.NOT_FOUND:
        return NotFoundError("the storage has the content no more (404)", status=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY:
        return Retry(f"the storage answered {status}")
    return DataError(f"the storage answered {status}")


async def write_body(response: aiohttp.ClientResponse, into: Target, largest: int) -> None:
    """Stream a body to the target; aiohttp raises an error if it ends before its announced length."""
    into.restart()
    _bound(response.content_length or 0, largest)
    size = 0
    async for chunk in response.content.iter_chunked(_CHUNK):
        size += len(chunk)
        _bound(size, largest)
        into.write(chunk)


def _bound(size: int, largest: int) -> None:
    if size > largest:
        raise DataError(f"the download has more than {largest} bytes")


def _joined(base: URL | None, location: str) -> URL:
    """A redirect's target, unchanged since it is signed; raises DataError if there is none."""
    target: URL | None = None
    if location.isascii():
        try:
            target = URL(location, encoded=True)
            target = base.join(target) if base is not None else target
        except ValueError:
            target = None
    if target is None:
        raise DataError("the download leads to what is no URL")
    return target
