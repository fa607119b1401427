"""Sends messages to a chat's incoming webhook, whose URL is a secret: no error contains it."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import aiohttp

from etl.errors import FatalError, RetriableError

_PATIENCE_S: Final = 30.0


async def post(url: str, message: Mapping[str, Any]) -> None:
    """Send the message as JSON.

    Raises RetriableError if the chat is away or busy, and FatalError if it refuses the message.
    """
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_S)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar()) as session,
            session.post(url, json=message, allow_redirects=False) as response,
        ):
            status = response.status
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise RetriableError(f"the chat's webhook cannot be reached: {type(error).__name__}") from None
    if status in range(200, 300):
        return
    if status == HTTPStatus.TOO_MANY_REQUESTS or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise RetriableError(f"the chat's webhook is busy or unavailable: it answered {status}")
    raise FatalError(
        f"the chat's webhook refused the digest: it answered {status}; check its URL and which chat it belongs to"
    )
