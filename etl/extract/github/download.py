"""Downloads of artifacts: the API names a signed URL, which is followed without credentials.

Source: GitHub docs, "Download an artifact": a redirect to a URL that expires after a minute.
"""

from collections.abc import Collection
from http import HTTPStatus
from typing import IO

import aiohttp
from yarl import URL

from etl.errors import CiHealthError, DataError, NotFoundError
from etl.extract.github.addresses import CheckedResolver, Policy
from etl.extract.github.client import RepositoryClient
from etl.extract.github.limits import Retry
from etl.extract.records import Artifact
from etl.settings import GitHubSettings

_CHUNK = 1 << 16
_MOST_REDIRECTS = 3
# A large file may take longer than an answer: so many times github.timeout.
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


async def download(
    client: RepositoryClient, artifact: Artifact, into: IO[bytes], *, largest: int, hosts: Collection[str]
) -> None:
    """Write an artifact's content into a file, from its beginning, and rewind it.

    `largest` is in bytes; `hosts` may have addresses that are not public. Raises DataError where the
    artifact has expired, is too large or leads where it must not, NotFoundError where it is gone,
    RetriableError where the storage does not answer. No error tells the signed URL.
    """
    _check(artifact, largest)
    async with _session(client.settings, hosts) as session:
        fetch = _Fetch(session, Policy.of(client.settings.api_url, hosts), into, largest)
        failures = refusals = 0
        # Each time by a new URL: the last one may have expired during a wait.
        while (verdict := await fetch(await _signed(client, artifact))) is not None:
            if isinstance(verdict, CiHealthError):
                raise verdict
            if isinstance(verdict, Retry):
                failures += 1
                await client.back_off(failures, verdict.reason, artifact.path)
                continue
            refusals += 1
            if refusals > 1:
                raise DataError(f"the storage refuses the download ({verdict}), also by a fresh URL")
    into.seek(0)


def _check(artifact: Artifact, largest: int) -> None:
    if artifact.expired:
        raise DataError("the artifact has expired")
    if artifact.size > largest:
        raise DataError(f"the artifact has {artifact.size} bytes, more than {largest}")


async def _signed(client: RepositoryClient, artifact: Artifact) -> str:
    try:
        return await client.location(artifact.path)
    except NotFoundError as error:
        if error.status == HTTPStatus.GONE:
            raise DataError("the artifact has expired (410)") from error
        raise


def _session(settings: GitHubSettings, hosts: Collection[str]) -> aiohttp.ClientSession:
    """Connections without cookies, proxies or credentials, to checked addresses alone."""
    patience = settings.timeout.total_seconds()
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=CheckedResolver(Policy.of(settings.api_url, hosts)), use_dns_cache=False
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=_PATIENCE * patience, sock_connect=patience, sock_read=patience),
        headers={"accept-encoding": "identity"},
        # What the storage packed although not asked to is left to the reader, which has bounds.
        auto_decompress=False,
    )


# What to do instead where the content is not there: ask again, give up, or, by the status with
# which the storage refused the URL, ask for a fresh one.
_Verdict = Retry | CiHealthError | HTTPStatus | None


class _Fetch:
    """Follows a signed URL into a file."""

    def __init__(self, session: aiohttp.ClientSession, policy: Policy, into: IO[bytes], largest: int) -> None:
        self._session = session
        self._policy = policy
        self._into = into
        self._largest = largest

    async def __call__(self, location: str) -> _Verdict:
        """None where the file has it all. Verdicts are not raised: aiohttp's errors carry URLs."""
        try:
            return await self._follow(location)
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

    async def _follow(self, location: str) -> _Verdict:
        url = _joined(None, location)
        for _ in range(_MOST_REDIRECTS):
            self._policy.check(url)
            async with self._session.get(url, allow_redirects=False) as response:
                if response.status not in _REDIRECTS or "location" not in response.headers:
                    return await self._take(response)
                url = _joined(url, response.headers["location"])
        return DataError(f"the download is redirected more than {_MOST_REDIRECTS} times")

    async def _take(self, response: aiohttp.ClientResponse) -> _Verdict:
        status = response.status
        if status == HTTPStatus.OK:
            await self._write(response)
            return None
        if status in _REFUSED:
            return HTTPStatus(status)
        if status == HTTPStatus.GONE:
            return DataError("the artifact has expired (410)")
        if status == HTTPStatus.NOT_FOUND:
            return NotFoundError("the storage has the artifact's content no more (404)", status=status)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _BUSY:
            return Retry(f"the storage answered {status}")
        return DataError(f"the storage answered {status}")

    async def _write(self, response: aiohttp.ClientResponse) -> None:
        """Stream a body; aiohttp raises where it ends before its announced length."""
        self._into.seek(0)
        self._into.truncate()
        self._bound(response.content_length or 0)
        size = 0
        async for chunk in response.content.iter_chunked(_CHUNK):
            size += len(chunk)
            self._bound(size)
            self._into.write(chunk)

    def _bound(self, size: int) -> None:
        if size > self._largest:
            raise DataError(f"the artifact's download has more than {self._largest} bytes")


def _joined(base: URL | None, location: str) -> URL:
    """A redirect's target, letter by letter as it is signed; raises DataError without telling it."""
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
