"""Bodies of requests while they are read: bounded together, since anybody may send many at once, and slowly."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

# A hundred times what GitHub tells of a run; anything else that is asked here has no body.
MAX_BODY: Final = 5 * 1024 * 1024
_MAX_BODIES: Final = 32 * 1024 * 1024
# After so long GitHub gives a delivery up.
_PATIENCE_S: Final = 10.0
_AGAIN_S: Final = 60


@dataclass(slots=True, eq=False)
class _Reading:
    """A body that is being read: its bytes so far, and the time limit by which it is cut short."""

    limit: asyncio.Timeout
    parts: list[bytes] = field(default_factory=list)
    size: int = 0
    dropped: bool = False


class Bodies:
    """Reads bodies; all that are being read have `most` bytes in memory together.

    Where one more chunk would not fit, whoever holds the most is dropped for it: real deliveries are small and
    come at once, so that those who send much and slowly make room for them.
    """

    def __init__(self, most: int = _MAX_BODIES, *, largest: int = MAX_BODY) -> None:
        self._most = most
        self._largest = largest
        self._under_way: set[_Reading] = set()
        self._free = most

    async def read(self, request: web.Request) -> bytes:
        """The raw body; refused where it is too large, comes too slowly or breaks off, or others need its place."""
        reading = _Reading(asyncio.timeout(_PATIENCE_S))
        self._under_way.add(reading)
        try:
            async with reading.limit:
                async for chunk in request.content.iter_any():
                    self._keep(reading, chunk)
            return b"".join(reading.parts)
        except TimeoutError:
            if not reading.dropped:
                raise web.HTTPRequestTimeout(text="the body did not come in time") from None
            raise web.HTTPTooManyRequests(
                text="too many bodies at once: send it again later", headers={"Retry-After": str(_AGAIN_S)}
            ) from None
        except (web.RequestPayloadError, ConnectionError):
            raise web.HTTPBadRequest(text="the body broke off, or is not encoded as it says") from None
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
