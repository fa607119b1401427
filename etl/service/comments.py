"""Writes the comments on pull requests that webhooks make due: each once its run's points are in the store.

Which are due stands in the state, where a process claims one before it writes it; whatever it was killed at, the
comment is found again at GitHub by its marker. Nothing here may fail or delay syncs.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import structlog

from etl.errors import CiHealthError, FatalError, RateLimitedError, RetriableError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.pull_requests import pull_request_from
from etl.model.due_comments import DueComment, Head
from etl.model.tag_values import tag_value
from etl.pipeline.changed_files import ChangedFiles
from etl.pipeline.comment import Done, keep_comment
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.report.comment import comment_of
from etl.report.explained.asked import Asked
from etl.report.explained.explain import explain

log = structlog.get_logger(__name__)

# How often it is looked for comments that other processes left, or that are tried again.
_LOOK_S: Final = 5.0
_POLL_S: Final = 0.05
# GitHub asks for a second between two requests that write.
_BETWEEN_S: Final = 1.0
# Less than a claim lasts, so that two processes never write the same comment at once.
_LONGEST_S: Final = 60.0
_LONGEST_DELIVERY_S: Final = 30.0
# What was read of a run so long ago may not be of the newest commit any more.
_FRESH_S: Final = 60
# A run may have ended some seconds later than it is by our clock.
_SKEW: Final = timedelta(minutes=1)
_AGAIN_S: Final = 60.0
_SELDOM_S: Final = 3_600.0
_GIVE_UP_S: Final = 86_400
_FAILED: Final = "failed"


class Comments:
    """Writes comments; `count` is called with the repository, what became of one, and the requests by kind."""

    def __init__(
        self,
        pipeline: Pipeline,
        delivery: Delivery,
        count: Callable[[str, str, Mapping[str, int]], None],
    ) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._count = count
        self._told: dict[str, str] = {}
        # Repositories that GitHub refused comments on: why, and until when (Unix seconds) none is tried there.
        self._refused: dict[str, tuple[FatalError, float]] = {}

    async def run(self) -> None:
        """Write what is due until cancelled."""
        due = self._pipeline.comment_due
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_S):
                    await due.wait()
            due.clear()
            try:
                while not self._delivery.stuck and await self._write_one():
                    pass
            except CiHealthError as error:
                # The state cannot be used; comments stay due.
                self._tell("", error)

    async def _write_one(self) -> bool:
        """Write the comment that is due the longest; False if none is due."""
        state = self._pipeline.state
        due = await state.call(state.comments.claim)
        if due is None:
            return False
        name, requests = due.head.repository, Counter[str]()
        try:
            async with asyncio.timeout(_LONGEST_S):
                done = await self._write(due, requests)
        except TimeoutError:
            await self._fail(due, RetriableError(f"it took longer than {_LONGEST_S:.0f} s"), requests)
        except CiHealthError as error:
            await self._fail(due, error, requests)
        except Exception as error:
            # A bug here must not end this loop, which runs as long as the service.
            log.debug("unexpected error", exc_info=True)
            reason = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
            await self._fail(due, RetriableError(reason), requests)
        else:
            await state.call(state.comments.settle, due)
            self._count(name, done, requests)
            self._told.pop(name, None)
            log.debug("commented", repository=name, branch=due.head.branch, outcome=done)
            if done in (Done.WRITTEN, Done.UPDATED):
                await asyncio.sleep(_BETWEEN_S)
        return True

    async def _write(self, due: DueComment, requests: Counter[str]) -> Done:
        """Explain the newest commit of a pull request in its comment, once all read of it is in the store."""
        pipeline, head = self._pipeline, due.head
        # Right after the start, it may not be known yet which account to use.
        if head.repository not in await pipeline.repositories.names():
            return Done.NONE
        self._require_leave(head.repository)
        await self._until_delivered(head.repository)
        known = await pipeline.state.call(pipeline.state.repositories.get, head.repository)
        client = pipeline.client(head.repository)
        client.name = head.repository if known is None else known.full_name
        client.kinds = requests
        number = await self._number(client, due)
        if not number:
            return Done.NONE
        files = ChangedFiles(client, lambda reason: log.debug("explained without files", reason=reason))
        asked = Asked(tag_value(head.repository), sha=head.sha)
        now = datetime.fromtimestamp(int(pipeline.clock()), UTC)
        explained = await explain(pipeline.store, asked, now + _SKEW, files.of)
        if not explained.runs:
            raise RetriableError(f"the store has no run of {head.sha[:8]}")
        text = comment_of(explained, head.sha)
        return await keep_comment(client, number, text, begin=explained.is_red)

    def _require_leave(self, repository: str) -> None:
        """Raise what keeps GitHub from taking a comment now, without asking it."""
        github, now = self._pipeline.accounts.of(repository), self._pipeline.clock()
        error, until = self._refused.get(repository, (None, 0.0))
        if error is not None and now < until:
            raise error
        self._refused.pop(repository, None)
        pause = github.budget.pause(github.settings.reserve, now)
        if pause.seconds:
            raise RateLimitedError(pause.reason, reason=pause.reason, retry_after=pause.seconds)

    async def _until_delivered(self, repository: str) -> None:
        """Wait until the store has what is in the outbox now; raises RetriableError if that takes too long."""
        state = self._pipeline.state
        newest = await state.call(state.outbox.newest, repository)
        deadline = monotonic() + _LONGEST_DELIVERY_S
        while newest and await state.call(state.outbox.waiting, repository, newest):
            if self._delivery.stuck or monotonic() > deadline:
                raise RetriableError("the store has not taken all points yet", retry_after=_AGAIN_S)
            await asyncio.sleep(_POLL_S)

    async def _number(self, client: RepositoryClient, due: DueComment) -> int:
        """The open pull request whose newest commit it is; 0 if there is none (any more)."""
        head: Head = due.head
        if head.number and due.tries == 1 and self._pipeline.clock() - due.since < _FRESH_S:
            return head.number
        found = await pull_request_from(client, head.owner, head.branch, head.sha)
        return 0 if found is None else found.number

    async def _fail(self, due: DueComment, error: CiHealthError, requests: Mapping[str, int]) -> None:
        """Log why a comment could not be written, and let it be tried again later, for a day."""
        state, name, now = self._pipeline.state, due.head.repository, self._pipeline.clock()
        if isinstance(error, FatalError) and error.lacks_permission and name not in self._refused:
            self._refused[name] = (error, now + _SELDOM_S)
        if now - due.since < _GIVE_UP_S:
            await state.call(state.comments.put_off, due, self._pause(due, error))
        else:
            await state.call(state.comments.settle, due)
            log.warning("a comment was given up after a day", repository=name, branch=due.head.branch)
        self._tell(name, error)
        self._count(name, _FAILED, requests)

    def _pause(self, due: DueComment, error: CiHealthError) -> float:
        """Seconds before the next try: as GitHub asked, an hour if it refused, else twice as long each time."""
        if isinstance(error, FatalError):
            return _SELDOM_S
        asked = error.retry_after if isinstance(error, RetriableError) else None
        return min(_SELDOM_S, _AGAIN_S * 2.0 ** min(due.tries - 1, 10)) if asked is None else asked

    def _tell(self, name: str, error: CiHealthError) -> None:
        """Log a reason of this kind once, until a comment is written again."""
        kind = type(error).__name__
        if self._told.get(name) != kind:
            log.warning(
                "a comment could not be written: it is tried again", repository=name, reason=str(error)
            )
        self._told[name] = kind
