"""Delivers points from the outbox to the store, oldest first, until done or `patience` runs out."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from time import monotonic

import structlog

from etl.errors import FatalError, RetriableError
from etl.load.store import Store
from etl.model.writes import WriteResult
from etl.state.outbox import MAX_ENTRY, Claim, Entry
from etl.state.state import State

log = structlog.get_logger(__name__)

_BATCH = MAX_ENTRY
_POLL_S = 0.2
_MAX_BACKOFF_S = 30.0
_AFTER_REFUSAL_S = 60.0
# A proxy may ask for any delay (Retry-After), and the store may be back much earlier.
_MAX_WAIT_S = 900.0
_REASONS_TOLD = 3


@dataclass(slots=True)
class Trouble:
    """Why the store takes nothing, since when (`monotonic`), and the delay it asked for (seconds)."""

    reason: str
    since: float
    failures: int = 0
    retry_after: float | None = None
    refused: bool = False

    def pause(self) -> float:
        """Seconds before the next try: as the store asked, else exponential backoff with jitter."""
        if self.retry_after is not None:
            return min(_MAX_WAIT_S, self.retry_after)
        if self.refused:
            return _AFTER_REFUSAL_S
        backoff = min(_MAX_BACKOFF_S, 0.25 * 2.0 ** min(self.failures, 10))
        return backoff * random.uniform(0.5, 1.0)  # noqa: S311


class Delivery:
    """Delivers the points in the outbox and counts the results.

    `patience` is how long (seconds) the store may fail before delivery gives up; None: it never does.
    `accepted`, `rejected` and `expired` (older than the store's retention) count points.
    `trouble` says why the store takes nothing; None while it does.
    """

    def __init__(self, state: State, store: Store, *, patience: float | None) -> None:
        self._state = state
        self._store = store
        self._patience = patience
        self._prepared = False
        self._finished = asyncio.Event()
        self._rejected_of: Counter[str] = Counter()
        self.accepted = 0
        self.rejected = 0
        self.expired = 0
        self.trouble: Trouble | None = None

    @property
    def hopeless(self) -> bool:
        """Whether delivery has given up: the store refuses, or has failed for longer than `patience`."""
        if self.trouble is None or self._patience is None:
            return False
        return self.trouble.refused or monotonic() - self.trouble.since >= self._patience

    @property
    def stuck(self) -> bool:
        """Whether points wait for longer than a moment: it has given up, or has trouble and never gives up."""
        return self.hopeless or (self._patience is None and self.trouble is not None)

    def take_rejected(self, repository: str) -> int:
        """Points of the repository that were rejected since the last call."""
        return self._rejected_of.pop(repository, 0)

    def finish(self) -> None:
        """No more points will come: `run` returns when the outbox is empty or delivery has given up."""
        self._finished.set()

    async def run(self) -> None:
        """Deliver until `finish` is called and all is done. Undelivered points stay in the outbox."""
        while True:
            # Before the outbox is looked at: what comes while it is may still be there after `finish`.
            is_last = self._finished.is_set()
            if await self._try():
                continue
            if self.trouble is None:
                if is_last:
                    return
                await self._pause(_POLL_S)
            else:
                if self.hopeless and (self.trouble.refused or self._finished.is_set()):
                    return
                await self._pause(self._before_next_try(self.trouble))

    async def drain(self) -> None:
        """Deliver the points that are in the outbox now."""
        self.finish()
        await self.run()

    async def _try(self) -> bool:
        """Deliver the oldest points; True if there were any and the store took them."""
        began = monotonic()
        try:
            async with asyncio.timeout(self._patience_left()):
                return await self._deliver()
        except TimeoutError:
            self._note(f"it gave no answer within {monotonic() - began:.0f} s", since=began)
        except RetriableError as error:
            self._note(str(error), retry_after=error.retry_after)
        except FatalError as error:
            self._note(str(error), refused=True)
        except Exception as error:
            # A bug here must not stop delivery while the service goes on reading.
            log.debug("unexpected error", exc_info=True)
            self._note(f"unexpected {type(error).__name__}: {error} (--debug shows where)", refused=True)
        return False

    async def _deliver(self) -> bool:
        async with self._claimed() as claim:
            entries = claim.entries
            if entries:
                if not self._prepared:
                    await self._store.prepare()
                    self._prepared = True
                result = await self._store.write([line for entry in entries for line in entry.lines])
                await self._state.call(claim.settle, result.rejected)
                self._count(entries, result)
        if self.trouble:
            log.info("the store takes points again", store=self._store.address)
        self.trouble = None
        return bool(entries)

    @asynccontextmanager
    async def _claimed(self) -> AsyncIterator[Claim]:
        """A claim on the oldest points: no other process delivers them meanwhile."""
        claim = self._state.outbox.claim(_BATCH)
        claimed = await self._state.call(claim.__enter__)
        try:
            yield claimed
        except BaseException as error:
            release = self._state.call(claim.__exit__, type(error), error, error.__traceback__)
            if isinstance(error, asyncio.CancelledError):
                # A database that does not answer must not block a cancelled delivery.
                asyncio.ensure_future(release).add_done_callback(
                    lambda task: task.cancelled() or task.exception()
                )
            else:
                with suppress(type(error)):
                    await release
            raise
        await self._state.call(claim.__exit__, None, None, None)

    def _patience_left(self) -> float | None:
        """How long a try may take (seconds); None: any time."""
        if self._patience is None:
            return None
        since = monotonic() if self.trouble is None else self.trouble.since
        return max(_POLL_S, self._patience - (monotonic() - since))

    def _note(
        self,
        reason: str,
        *,
        retry_after: float | None = None,
        refused: bool = False,
        since: float | None = None,
    ) -> None:
        # Logged once for each kind: errors that pass, and errors that somebody has to fix.
        if self.trouble is None or self.trouble.refused != refused:
            log.warning("the store takes nothing, points wait in the outbox", reason=reason)
        if self.trouble is None:
            self.trouble = Trouble(reason, since=monotonic() if since is None else since)
        self.trouble.reason = reason
        self.trouble.retry_after = retry_after
        self.trouble.refused = refused
        self.trouble.failures += 1

    def _count(self, entries: Sequence[Entry], result: WriteResult) -> None:
        self.accepted += result.accepted
        self.expired += result.expired
        self.rejected += len(result.rejected)
        if result.expired:
            log.warning("points older than the store keeps were not sent", points=result.expired)
        repository_of = (
            {line: entry.repository for entry in entries for line in entry.lines} if result.rejected else {}
        )
        for letter in result.rejected:
            self._rejected_of[repository_of.get(letter.line, "")] += 1
        if result.rejected:
            reasons = Counter(letter.reason for letter in result.rejected).most_common(_REASONS_TOLD)
            log.error(
                "points rejected, kept as dead letters",
                points=len(result.rejected),
                reasons=[reason for reason, _ in reasons],
            )

    def _before_next_try(self, trouble: Trouble) -> float:
        pause = trouble.pause()
        if self._patience is None or not self._finished.is_set():
            return pause
        return min(pause, self._patience_left() or _POLL_S)

    async def _pause(self, seconds: float) -> None:
        """Sleep, but only until `finish` is called if it has not been yet."""
        if self._finished.is_set():
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._finished.wait()
