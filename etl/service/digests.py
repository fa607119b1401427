"""Sends the digest once a week or day, also across restarts and among several workers."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog

from etl.errors import CiHealthError
from etl.load.chat import post
from etl.pipeline.context import Pipeline
from etl.report.ask import ask, last_days, parameters
from etl.report.chat import Chat, chat_of, message
from etl.report.digest import DIGESTED, digest
from etl.settings import DigestSettings

log = structlog.get_logger(__name__)

_CHECK_S: Final = 60.0
_RETRY_S: Final = 600.0
_WEEK: Final = 7


class Digests:
    """Sends the digest of each period when it is due, or after the start if it was missed.

    A period is claimed in the state just before its digest is sent, so that nobody else sends it, too; if the
    chat does not take it, it is tried again until the next one is due.
    """

    def __init__(self, pipeline: Pipeline, url: str) -> None:
        self._pipeline = pipeline
        self._url = url
        self._settings = pipeline.settings.digest
        self._retry_at = 0.0
        self._warned_of = 0

    async def run(self) -> None:
        """Check again and again whether a digest is due; the first sync has a head start."""
        while True:
            await asyncio.sleep(min(_CHECK_S, self._pipeline.settings.interval.total_seconds()))
            now = self._pipeline.clock()
            due = due_at(self._settings, now)
            if now < self._retry_at:
                continue
            try:
                await self._send(due)
            except CiHealthError as error:
                self._retry_at = now + _RETRY_S
                if self._warned_of != due:
                    log.warning("the digest could not be sent: it is tried again", reason=str(error))
                self._warned_of = due
            except Exception:
                # A bug here must not end this loop, which runs as long as the service.
                self._retry_at = now + _RETRY_S
                if self._warned_of != due:
                    log.exception("unexpected error in the digest")
                self._warned_of = due

    async def _send(self, due: int) -> None:
        pipeline, metadata = self._pipeline, self._pipeline.state.metadata
        before = await pipeline.state.call(metadata.last_digest)
        if before is None:
            # A new state: the next one is the first.
            await pipeline.state.call(metadata.claim_digest, due)
        if before is None or due <= before:
            return
        body = await self._message()
        if not await pipeline.state.call(metadata.claim_digest, due):
            return
        try:
            await post(self._url, body)
        except Exception:
            await pipeline.state.call(metadata.return_digest, due, before)
            raise
        log.info("the digest was sent", days=self._settings.days)

    async def _message(self) -> dict[str, Any]:
        pipeline, settings = self._pipeline, self._settings
        period = last_days(settings.days, pipeline.clock())
        answers = await ask(pipeline.store, pipeline.settings, DIGESTED, parameters(period))
        chat = chat_of(self._url) if settings.chat == "auto" else Chat(settings.chat)
        return message(digest(answers, period, pipeline.repositories.known), chat)


def due_at(settings: DigestSettings, now: float) -> int:
    """When the last digest was due (Unix seconds), at or before `now`."""
    moment = datetime.fromtimestamp(now, UTC)
    due = moment.replace(hour=settings.hour, minute=settings.minute, second=0, microsecond=0)
    if settings.weekday is not None:
        due -= timedelta(days=(due.weekday() - settings.weekday) % _WEEK)
    if due > moment:
        due -= timedelta(days=1 if settings.weekday is None else _WEEK)
    return int(due.timestamp())
