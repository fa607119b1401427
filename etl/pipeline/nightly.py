"""Verifies one past day per repository each night, between the syncs of `run`, and reads missing runs again."""

from typing import Final

import structlog

from etl.extract.github.windows import Window
from etl.pipeline.comparison import sentences
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.run_reader import DAY_S
from etl.pipeline.session import Session, run_session
from etl.pipeline.summary import Summary
from etl.pipeline.verification import Verification
from etl.pipeline.verify import Verifier
from etl.state.metadata import Verified

log = structlog.get_logger(__name__)

_MAX_REQUESTS: Final = 50
# GitHub deletes runs after 90 days; those of yesterday may still be at work.
_MAX_AGE_S: Final = 90 * DAY_S
_MIN_AGE_S: Final = 2 * DAY_S
_MAX_NAMED: Final = 10


async def verify_past(pipeline: Pipeline, delivery: Delivery, name: str) -> Summary | None:
    """Verify the next day of a repository's past; None if none is due.

    After the first complete sync, one is due each day (UTC), but not while points are in the outbox.
    """
    day = await pipeline.state.call(_due, pipeline, name)
    if day is None:
        return None
    found = Verification(name)

    async def verify(session: Session) -> None:
        await pipeline.store.oldest()
        # The store answers. Recorded before verifying, so that a day that fails does not block all others.
        verified = Verified(day, int(session.clock()))
        state = session.state
        await state.call(state.metadata.set_verified, session.repository.id, verified)
        verifier = Verifier(session, pipeline.store, found, most=_MAX_REQUESTS, repair=True)
        await verifier.verify([Window(day, day + DAY_S - 1)])

    summary = await run_session(pipeline, delivery, name, verify)
    with structlog.contextvars.bound_contextvars(repository=name):
        _log_result(found, summary)
    return summary


def _due(pipeline: Pipeline, name: str) -> int | None:
    """The day to verify now (its first second); None if none is due."""
    known, now = pipeline.state.repositories.get(name), int(pipeline.clock())
    if known is None or known.origin is None or known.swept_at is None:
        return None
    last, today = pipeline.state.metadata.verified(known.id), now - now % DAY_S
    if (last is not None and last.at - last.at % DAY_S == today) or pipeline.state.outbox.backlog(
        name
    ).points:
        return None
    oldest = max(known.origin - known.origin % DAY_S, today - _MAX_AGE_S)
    return next_day(last.day if last else None, newest=today - _MIN_AGE_S, oldest=oldest)


def next_day(last: int | None, *, newest: int, oldest: int) -> int | None:
    """The day to verify after `last`: going back to `oldest`, then again from `newest`; None if there is none."""
    if oldest > newest:
        return None
    return newest if last is None or not oldest < last <= newest else last - DAY_S


def _log_result(found: Verification, summary: Summary) -> None:
    if summary.error is not None and not summary.superseded:
        log.warning("a day of the past could not be verified", reason=summary.error)
    if found.missing:
        log.warning(
            "the store lacked what GitHub has: it is read again",
            points=len(found.missing),
            missing=sentences(found.missing)[:_MAX_NAMED],
        )
