"""Keeps pages, so that nobody waits for one that is there and many clients cause only one query.

Pages are made one at a time. A page older than `http.refresh` is served while a new one is made. Pages are
kept compressed, and are bounded in number and bytes: the one that nobody has asked for the longest goes first.
"""

import asyncio
import gzip
import math
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

import structlog
from aiohttp import ETag, web

from etl.errors import CiHealthError, RetriableError
from etl.http.rare_log import RareLog

log = structlog.get_logger(__name__)

# An older page would surprise: who asks for it waits for a new one, unless none can be made.
_OLD_S: Final = 3_600.0
# gzip's own default of 9 takes longer and saves little.
_LEVEL: Final = 6

Make = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page: gzipped text, its ETag, and when its making began (seconds of the cache's clock)."""

    packed: bytes
    etag: str
    at: float


class PageCache:
    """At most `most` pages, of at most `most_bytes` together, and as many that wait to be made.

    `refresh_s` is the age (seconds) from which a new page is made when somebody asks.
    """

    def __init__(
        self, refresh_s: float, *, most: int, most_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._refresh_s = refresh_s
        self._most = most
        self._most_bytes = most_bytes
        self._clock = clock
        self._turn = asyncio.Lock()
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()
        self._making: dict[Hashable, asyncio.Task[Page]] = {}
        self._ahead: set[Hashable] = set()
        self._log = RareLog()

    async def get(self, key: Hashable, make: Make) -> Page:
        """The page `key`; without one, or if it is hours old, as soon as `make` has returned its text.

        A page that is made ahead is served whatever its age. Raises what `make` raises, and RetriableError if
        too many pages wait to be made, but only if there is no older page to serve.
        """
        page = self._pages.get(key)
        if page is not None:
            self._pages.move_to_end(key)
            if self._is_fresh(page):
                return page
        making = self._making.get(key) or self._start(key, make)
        if page is not None and (making is None or not self._is_old(key, page)):
            return page
        if making is None:
            raise RetriableError("too many pages wait to be made: try again later")
        try:
            # A client that disconnects must not take the page from the others.
            return await asyncio.shield(making)
        except Exception:
            if page is None:
                raise
            return page

    async def make_ahead(self, key: Hashable, make: Make) -> None:
        """Make the page again; it is kept whatever others are asked for. If that fails, the old one stays."""
        self._ahead.add(key)
        making = self._making.get(key)
        if making is not None:
            # It may have begun before what is new was there.
            await asyncio.wait([making])
        making = self._start(key, make)
        if making is not None:
            await asyncio.wait([making])

    async def close(self) -> None:
        """Stop making pages."""
        making = list(self._making.values())
        for task in making:
            task.cancel()
        if making:
            await asyncio.wait(making)

    def max_age(self, page: Page) -> int:
        """For how many seconds a client may keep the page."""
        return max(0, math.ceil(page.at + self._refresh_s - self._clock()))

    def _is_fresh(self, page: Page) -> bool:
        return self._clock() - page.at < self._refresh_s

    def _is_old(self, key: Hashable, page: Page) -> bool:
        return key not in self._ahead and self._clock() - page.at >= _OLD_S

    def _start(self, key: Hashable, make: Make) -> asyncio.Task[Page] | None:
        """Begin to make a page, or wait for the turn to; None if too many wait."""
        if len(self._making.keys() - self._ahead) >= self._most and key not in self._ahead:
            return None
        task = self._making[key] = asyncio.create_task(self._make(key, make))
        task.add_done_callback(lambda done: self._end(key, done))
        return task

    async def _make(self, key: Hashable, make: Make) -> Page:
        async with self._turn:
            at = self._clock()
            text = await make()
            page = await asyncio.to_thread(_packed, text, at)
        self._keep(key, page)
        return page

    def _keep(self, key: Hashable, page: Page) -> None:
        self._pages.pop(key, None)
        if len(page.packed) > self._most_bytes:
            if self._log.allows("size"):
                log.warning(
                    "a page is too large to be kept and is made at each request", bytes=len(page.packed)
                )
            return
        self._pages[key] = page
        others = [other for other in self._pages if other != key]
        # Those made ahead last.
        for other in sorted(others, key=self._ahead.__contains__):
            if len(self._pages) <= self._most and self.bytes <= self._most_bytes:
                return
            del self._pages[other]

    @property
    def bytes(self) -> int:
        """What the pages take together."""
        return sum(len(page.packed) for page in self._pages.values())

    def _end(self, key: Hashable, task: asyncio.Task[Page]) -> None:
        del self._making[key]
        error = None if task.cancelled() else task.exception()
        # Without an older page, those who wait for it get the error.
        if error is not None and key in self._pages and self._log.allows(type(error).__name__):
            reason = str(error) if isinstance(error, CiHealthError) else f"unexpected {error!r}"
            log.warning("a page could not be made: the one before is served", reason=reason)


async def respond(request: web.Request, page: Page, content_type: str, max_age: int) -> web.Response:
    """The page as a response that clients may keep for `max_age` seconds; 304 if they have it already."""
    unchanged = any(tag.value in (page.etag, "*") for tag in request.if_none_match or ())
    response = (
        web.Response(status=304) if unchanged else web.Response(content_type=content_type, charset="utf-8")
    )
    if not unchanged and "gzip" in request.headers.get("Accept-Encoding", ""):
        response.headers["Content-Encoding"] = "gzip"
        response.body = page.packed
    elif not unchanged:
        response.body = await asyncio.to_thread(gzip.decompress, page.packed)
    response.etag = ETag(page.etag, is_weak=True)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = f"max-age={max_age}"
    return response


def _packed(text: str, at: float) -> Page:
    content = text.encode()
    return Page(gzip.compress(content, _LEVEL, mtime=0), sha256(content).hexdigest()[:32], at)
