"""Answers of the store, kept for a while: however many ask, the store is asked once."""

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

# Who asks for new periods all the time pushes out what others asked for, and neither fills memory nor keeps
# the store from its other work.
_MOST = 32
_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows by question, for the period, as they were at that time."""

    rows: dict[str, list[Row]]
    period: Period
    at: datetime


@dataclass(frozen=True, slots=True)
class _Kept:
    task: asyncio.Task[Answered]
    until: float


class AnswerCache:
    """Asks the pipeline's store; an answer is good for `http.refresh`."""

    def __init__(self, pipeline: Pipeline, clock: Callable[[], float] = time.monotonic) -> None:
        self._pipeline = pipeline
        self._clock = clock
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._kept: OrderedDict[tuple[object, ...], _Kept] = OrderedDict()
        self.refresh_s = pipeline.settings.http.refresh.total_seconds()

    async def get(self, names: Sequence[str], days: int, repository: str = "") -> Answered:
        """Answers to questions about the last days.

        Raises what the store raises, and asks anew then; RetriableError where too many ask too much.
        """
        key = (tuple(names), days, repository)
        kept = self._kept.get(key)
        if kept is None or self._clock() >= kept.until or _failed(kept.task):
            self._make_room()
            task = asyncio.ensure_future(self._ask(names, days, repository))
            kept = self._kept[key] = _Kept(task, self._clock() + self.refresh_s)
        self._kept.move_to_end(key)
        # Whoever goes away takes the answer from nobody else who waits for it.
        return await asyncio.shield(kept.task)

    def _make_room(self) -> None:
        """Forget what nobody has asked for the longest time; what is being asked stays."""
        if len(self._kept) < _MOST:
            return
        done = next((key for key, kept in self._kept.items() if kept.task.done()), None)
        if done is None:
            raise RetriableError("too many different questions at once: ask again later")
        del self._kept[done]

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
    """An answer that may be kept for so long, and costs nothing where it is as it was."""
    etag = sha256(body.encode()).hexdigest()[:32]
    unchanged = any(tag.value in (etag, "*") for tag in request.if_none_match or ())
    response = web.Response(status=304) if unchanged else web.Response(text=body, content_type=content_type)
    response.etag = etag
    response.headers["Cache-Control"] = f"max-age={int(seconds)}"
    return response
