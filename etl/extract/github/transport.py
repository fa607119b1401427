"""The socket to GitHub: one request at a time, redirects by hand, bodies within bounds."""

import json
from collections.abc import Callable, Collection, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from multidict import CIMultiDict

from etl.errors import DataError
from etl.settings import GitHubSettings

_LARGEST_BODY = 50 * 1024 * 1024
_MOST_REDIRECTS = 3
# What a renamed repository answers; 302 is also how a download's signed URL is told.
RENAMES = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)
REDIRECTS = (*RENAMES, HTTPStatus.FOUND)

Answer = tuple[int, CIMultiDict[str], bytes]


class Transport:
    """Connections to the API's own host, and to no other."""

    def __init__(self, settings: GitHubSettings) -> None:
        self._base = settings.api_url
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=settings.concurrency),
            timeout=aiohttp.ClientTimeout(total=settings.timeout.total_seconds()),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        sent: Callable[[], None],
        follow: Collection[int] = REDIRECTS,
    ) -> Answer:
        """One request and its redirects of the kinds to `follow`, as after a rename; `sent` is told of each.

        Raises aiohttp.ClientError or TimeoutError where there is no answer, DataError for one that
        leads to another host, in circles, or is absurdly large.
        """
        for _ in range(_MOST_REDIRECTS + 1):
            sent()
            async with self._session.request(method, url, headers=headers, allow_redirects=False) as response:
                status, answered = response.status, CIMultiDict(response.headers)
                body = await _bounded(response)
            location = answered.get("location")
            if status not in follow or location is None:
                return status, answered, body
            target = own(self._base, location, url)
            if target is None:
                raise DataError(f"GitHub redirects {urlsplit(url).path} to another host: not followed")
            url = target
        raise DataError(f"GitHub redirects more than {_MOST_REDIRECTS} times from {urlsplit(url).path}")


def own(base: str, link: str, url: str) -> str | None:
    """A link in the answer to a URL as a URL of the host of `base`; None where it leads elsewhere."""
    try:
        target = urljoin(url, link)
        same = urlsplit(target)[:2] == urlsplit(base)[:2]
    except ValueError:
        return None
    return target if same else None


def decoded(body: bytes) -> Any:
    """The JSON of a body; None where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


async def _bounded(response: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(1 << 16):
        body += chunk
        if len(body) > _LARGEST_BODY:
            raise DataError(f"GitHub's answer to {response.url.path} is larger than {_LARGEST_BODY} bytes")
    return bytes(body)
