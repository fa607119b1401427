"""Caches the store's answers, so that many clients cause only one query."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from aiohttp import web

from etl.errors import RetriableError
from etl.model.writes import Row
from etl.pipeline.context import Pipeline
from etl.report.ask import ask, last_days, parameters
from etl.report.view import Period

# A client that keeps asking for new periods evicts other entries, but can neither exhaust memory nor
# overload the store.
_MAX_ENTRIES = 32
_CONCURRENCY = 2


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows by question for a period, and when the store returned them."""

    rows: dict[str, list[Row]]
    period: Period
    at: datetime


@dataclass(frozen=True, slots=True)
class _Entry:
    task: asyncio.Task[Answered]
    until: float


class AnswerCache:
    """Queries the pipeline's store; an answer is valid for `http.refresh`."""

    def __init__(self, pipeline: Pipeline, clock: Callable[[], float] = time.monotonic) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._slots = asyncio.Semaphore(_CONCURRENCY)
        self._entries: OrderedDict[tuple[object, ...], _Entry] = OrderedDict()
        self.refresh_s = pipeline.settings.http.refresh.total_seconds()

    async def get(self, names: Sequence[str], days: int, repository: str = "") -> Answered:
        """Answers to questions about the last `days` days.

        Raises the store's errors, which are not cached, and RetriableError if too many queries are running.
        """
        key = (tuple(names), days, repository)
        entry = self._entries.get(key)
        if entry is None or self._clock() >= entry.until or _failed(entry.task):
            self._evict()
            task = asyncio.ensure_future(self._ask(names, days, repository))
            entry = self._entries[key] = _Entry(task, self._clock() + self.refresh_s)
        self._entries.move_to_end(key)
        # A client that disconnects must not cancel the query for the others.
        return await asyncio.shield(entry.task)

    def _evict(self) -> None:
        """If the cache is full, drop the least recently used answer; running queries stay."""
        if len(self._entries) < _MAX_ENTRIES:
            return
        done = next((key for key, entry in self._entries.items() if entry.task.done()), None)
        if done is None:
            raise RetriableError("too many different questions are being asked: try again later")
        del self._entries[done]

    async def _ask(self, names: Sequence[str], days: int, repository: str) -> Answered:
        pipeline = self._pipeline
        async with self._slots:
            now = pipeline.clock()
            period = last_days(days, now)
            rows = await ask(pipeline.store, pipeline.settings, names, parameters(period, repository))
        return Answered(rows, period, datetime.fromtimestamp(int(now), UTC))


def _failed(task: asyncio.Task[Answered]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def cached(request: web.Request, body: str, content_type: str, seconds: float) -> web.Response:
    """A response that clients may cache for this many seconds; 304 if it has not changed."""
    etag = sha256(body.encode()).hexdigest()[:32]
    unchanged = any(tag.value in (etag, "*") for tag in request.if_none_match or ())
    response = web.Response(status=304) if unchanged else web.Response(text=body, content_type=content_type)
    response.etag = etag
    response.headers["Cache-Control"] = f"max-age={int(seconds)}"
    return response
