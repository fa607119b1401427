"""Reads request bodies within a shared memory limit, since anybody can send many of them slowly at once."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

# A hundred times the size of GitHub's payload for a run; other requests with a body need a token first.
MAX_BODY: Final = 5 * 1024 * 1024
_MAX_BODIES: Final = 32 * 1024 * 1024
# GitHub abandons a delivery after this time.
_TIMEOUT_S: Final = 10.0
_RETRY_AFTER_S: Final = 60


@dataclass(slots=True, eq=False)
class _Reading:
    """A body being read: its bytes so far and its time limit."""

    limit: asyncio.Timeout
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    dropped: bool = False


class Bodies:
    """Reads bodies; all bodies being read use at most `most` bytes of memory together.

    If another chunk does not fit, the largest body is dropped: real deliveries are small and arrive quickly,
    so clients that send large bodies slowly lose out.
    """

    def __init__(
        self, most: int = _MAX_BODIES, *, largest: int = MAX_BODY, timeout_s: float = _TIMEOUT_S
    ) -> None:
        self._most = most
        self._largest = largest
        self._timeout_s = timeout_s
        self._under_way: set[_Reading] = set()
        self._free = most

    async def read(self, request: web.Request) -> bytes:
        """The raw body; rejected if it is too large, too slow or incomplete, or if others need its memory."""
        reading = _Reading(asyncio.timeout(self._timeout_s))
        self._under_way.add(reading)
        try:
            async with reading.limit:
                async for chunk in request.content.iter_any():
                    self._keep(reading, chunk)
            return b"".join(reading.parts)
        except TimeoutError:
            if not reading.dropped:
                raise web.HTTPRequestTimeout(text="the body did not arrive in time") from None
            raise web.HTTPTooManyRequests(
                text="too many request bodies: try again later",
                headers={"Retry-After": str(_RETRY_AFTER_S)},
            ) from None
        except (web.RequestPayloadError, ConnectionError):
            raise web.HTTPBadRequest(text="the body is incomplete, or its encoding is wrong") from None
        finally:
            self._under_way.discard(reading)
            self._forget(reading)

    def _keep(self, reading: _Reading, chunk: bytes) -> None:
        if reading.size + len(chunk) > self._largest:
            raise web.HTTPRequestEntityTooLarge(self._largest, reading.size + len(chunk))
        if reading.dropped:
            return
        reading.parts.append(chunk)
        reading.size += len(chunk)
        self._free -= len(chunk)
        while self._free < 0:
            self._drop(max(self._under_way, key=lambda one: one.size))

    def _drop(self, reading: _Reading) -> None:
        self._forget(reading)
        reading.dropped = True
        reading.limit.reschedule(asyncio.get_running_loop().time())

    def _forget(self, reading: _Reading) -> None:
        self._free += reading.size
        reading.size = 0
        reading.parts.clear()
