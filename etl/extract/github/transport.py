"""HTTP requests to GitHub, with explicit redirects and limited bodies."""

import asyncio
import json
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import aiohttp
from multidict import CIMultiDict

from etl.errors import DataError

_MAX_BODY = 50 * 1024 * 1024
# An ordinary page of a hundred entries has half as much; larger bodies are read and parsed one at a time.
_LARGE_BODY = 4 * 1024 * 1024
_PIECE = 1 << 16
_MAX_REDIRECTS = 3
# Redirects of a renamed repository; a download's signed URL comes with a 302.
RENAMES = (HTTPStatus.MOVED_PERMANENTLY, HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)
REDIRECTS = (*RENAMES, HTTPStatus.FOUND)

# Status, headers and JSON.
Answer = tuple[int, CIMultiDict[str], Any]
# Returned if a body is not JSON.
NO_JSON: Final = object()


class Transport:
    """Requests of a session to the API's host, and to no other; `called` names the server in errors."""

    def __init__(self, session: aiohttp.ClientSession, base: str, called: str = "GitHub") -> None:
        self._session = session
        self._base = base
        self._called = called
        self._large = asyncio.Lock()

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
        *,
        body: Any = None,
    ) -> Answer:
        """Send a request and follow redirects with a status in `follow`, as after a rename; `sent` is called for each.

        `body` is sent as JSON, unless it is None. Raises aiohttp.ClientError or TimeoutError if there is no
        answer, DataError if it redirects to another host or in circles, or is too large.
        """
        for _ in range(_MAX_REDIRECTS + 1):
            sent()
            async with self._session.request(
                method, url, headers=headers, json=body, allow_redirects=False
            ) as response:
                status, answered = response.status, CIMultiDict(response.headers)
                data = await self.json(response)
            location = answered.get("location")
            if status not in follow or location is None:
                return status, answered, data
            target = same_origin_url(self._base, location, url)
            if target is None:
                raise DataError(
                    f"{self._called} redirects {urlsplit(url).path} to another host: not followed"
                )
            url = target
        raise DataError(
            f"{self._called} redirects more than {_MAX_REDIRECTS} times from {urlsplit(url).path}"
        )

    async def json(self, response: aiohttp.ClientResponse) -> Any:
        """The JSON of a body of limited size, or NO_JSON; large ones are parsed one at a time, to limit memory."""
        body = bytearray()
        async with AsyncExitStack() as turn:
            async for piece in response.content.iter_chunked(_PIECE):
                body += piece
                if len(body) > _MAX_BODY:
                    raise DataError(
                        f"{self._called}'s answer to {response.url.path} is larger than {_MAX_BODY} bytes"
                    )
                if len(body) - len(piece) <= _LARGE_BODY < len(body):
                    await turn.enter_async_context(self._large)
            return _decoded(body)


def same_origin_url(base: str, link: str, url: str) -> str | None:
    """A link in an answer as an absolute URL; None if it is not on the host of `base`."""
    try:
        target = urljoin(url, link)
        same = urlsplit(target)[:2] == urlsplit(base)[:2]
    except ValueError:
        return None
    return target if same else None


def _decoded(body: bytearray) -> Any:
    """The JSON of a body; the body is emptied first, so that only its text is in memory during parsing."""
    try:
        text = body.decode(json.detect_encoding(body), "surrogatepass")
        body.clear()
        return json.loads(text)
    except (ValueError, RecursionError):
        return NO_JSON
