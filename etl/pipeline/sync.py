"""A sync reads what is new in each repository and puts its points into the outbox."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from etl.anomalies import Anomaly
from etl.errors import CiHealthError
from etl.extract.github.windows import Window, day_windows
from etl.load.line_encoder import encode
from etl.pipeline.cardinality import warn_of_cardinality
from etl.pipeline.commit_checks import read_commit_checks
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.nightly import verify_past
from etl.pipeline.run_reader import DAY_S, RERUN_S, RunReader
from etl.pipeline.session import Session, run_session
from etl.pipeline.summary import Summary
from etl.pipeline.windows import read_again, recheck, run_all, scan_windows
from etl.settings import parse_since
from etl.transform.syncs import etl_point

log = structlog.get_logger(__name__)

_MAX_REPOSITORIES = 8
# Smaller differences between clocks are normal.
_TOLERANCE_S = 60


async def sync_all(
    pipeline: Pipeline,
    delivery: Delivery,
    plan: Mapping[str, bool],
    *,
    nightly: bool = False,
    done: Callable[[Summary], None] = lambda _summary: None,
    advance: Callable[[str, int, int], None] = lambda *_: None,
) -> list[Summary]:
    """Sync the repositories of the plan, and put an `etl` point for each into the outbox.

    A plan's value is True to read only the newest two days, instead of every window that may still change.
    With `nightly`, each repository's verification runs first if it is due. `done` is called with each
    repository's summary; a failed sync has its error there, and the others go on. `advance` is called with
    the repository, the days of it that are read, and their total.
    """
    slots = asyncio.Semaphore(_MAX_REPOSITORIES)
    summaries: dict[str, Summary] = {}

    async def sync(name: str, newest_only: bool) -> None:
        async with slots, pipeline.locks.hold(name):
            summaries[name] = await sync_repository(
                pipeline, delivery, name, newest_only=newest_only, nightly=nightly, advance=advance
            )
        done(summaries[name])

    await run_all(sync(name, newest_only) for name, newest_only in plan.items())
    return [summaries[name] for name in plan]


async def sync_repository(
    pipeline: Pipeline,
    delivery: Delivery,
    name: str,
    *,
    newest_only: bool,
    nightly: bool = False,
    advance: Callable[[str, int, int], None] = lambda *_: None,
) -> Summary:
    """Sync one repository once nothing else in this process reads it; returns the summary."""
    # Verified first: after the sync, its points are still in the outbox.
    verified = await verify_past(pipeline, delivery, name) if nightly and not newest_only else None
    summary = await run_session(
        pipeline, delivery, name, lambda session: _read_new(session, newest_only=newest_only, advance=advance)
    )
    if verified is not None:
        summary.include(verified)
    with structlog.contextvars.bound_contextvars(repository=name):
        if summary.superseded:
            log.warning("another process took over the sync", reason=summary.error)
            return summary
        try:
            await pipeline.state.call(_put_etl_point, pipeline, delivery, summary)
        except CiHealthError as error:
            # The state cannot be used, which is probably also why the sync failed.
            summary.error = summary.error or str(error)
        _log_result(pipeline, summary)
    return summary


def _log_result(pipeline: Pipeline, summary: Summary) -> None:
    """Log the result; a repeated error is logged once, and once that it is over."""
    before = pipeline.failing.pop(summary.repository, None)
    if summary.error is not None:
        pipeline.failing[summary.repository] = summary.error
        if summary.error != before:
            log.error("sync failed", reason=summary.error)
        return
    if before is not None:
        log.info("syncs go through again")
    log.info("synced", **summary.counts())


async def _read_new(session: Session, *, newest_only: bool, advance: Callable[[str, int, int], None]) -> None:
    now = int(session.clock())
    session = await _mended(session, now)
    start = first_window(session, now, newest_only=newest_only)
    reader = RunReader(session, since=start)
    repository, state = session.repository, session.state
    cursor = repository.cursor
    windows = day_windows(start, now)
    finished = 0
    advance(repository.name, finished, len(windows))

    async def done(window: Window) -> None:
        nonlocal cursor, finished
        finished += 1
        advance(repository.name, finished, len(windows))
        reached = min(window.stop + 1, now)
        if cursor is None or reached > cursor:
            await state.call(state.repositories.move_cursor, repository, cursor, reached)
            cursor = reached

    await state.call(state.repositories.begin, repository, start)
    still_open = await state.call(state.runs.still_open, repository.id)
    await scan_windows(session, reader, windows, done=done)
    await recheck(session, reader, still_open, before=start)
    await read_commit_checks(session)
    await read_again(session, start)
    if session.summary.runs:
        await warn_of_cardinality(session)
    await _prune(session)
    if not newest_only:
        await state.call(state.repositories.swept, repository, now)


async def _prune(session: Session) -> None:
    """Delete state that is no longer needed, and warn of open pieces that are given up."""
    given_up = await session.state.call(session.state.prune, session.repository)
    if given_up:
        text = f"{given_up} answers of GitHub that were open for 90 days are given up"
        session.summary.warnings.append(text)
        session.anomalies.add(Anomaly("given up", text))


async def _mended(session: Session, now: int) -> Session:
    """The session without times in the future, which a clock that was ahead left.

    It is unknown then how far runs have been read, so every window since the first sync is read again.
    """
    repository = session.repository
    latest = max(repository.cursor or 0, repository.origin or 0, repository.swept_at or 0)
    if latest <= now + _TOLERANCE_S:
        return session
    text = f"read up to {latest - now} s from now, by a clock that was ahead: all is looked at again"
    session.summary.warnings.append(text)
    session.anomalies.add(Anomaly("clock", text))
    since = int(parse_since(session.settings.since, datetime.fromtimestamp(now, UTC)).timestamp())
    origin = min(repository.origin or since, since) if (repository.origin or 0) > now else repository.origin
    await session.state.call(session.state.repositories.mend, repository, origin or since)
    return replace(
        session, repository=replace(repository, origin=origin or since, cursor=None, swept_at=None)
    )


def first_window(session: Session, now: int, *, newest_only: bool) -> int:
    """Where the windows begin (Unix seconds): where runs may still change, but not before the first sync's start."""
    repository = session.repository
    if repository.origin is None or repository.cursor is None:
        since = parse_since(session.settings.since, datetime.fromtimestamp(now, UTC))
        return repository.origin or int(since.timestamp())
    yesterday = now - now % DAY_S - DAY_S
    if newest_only and repository.cursor >= yesterday:
        return max(repository.origin, yesterday)
    # Any run created within 30 days before the cursor may have been re-run since.
    return max(repository.origin, min(now, repository.cursor) - RERUN_S)


def _put_etl_point(pipeline: Pipeline, delivery: Delivery, summary: Summary) -> None:
    ended = pipeline.clock()
    known = pipeline.state.repositories.get(summary.repository)
    cursor = known.cursor if known else None
    point = etl_point(
        summary.repository,
        failed=summary.error is not None,
        ended=ended,
        requests=summary.requests,
        not_modified=summary.not_modified,
        rate_limit_remaining=summary.rate_limit_remaining,
        runs=summary.runs,
        points=summary.points,
        rejected=delivery.take_rejected(summary.repository),
        outbox=pipeline.state.outbox.backlog().points,
        lag_s=None if cursor is None else max(0.0, ended - cursor),
        duration_s=summary.duration_s,
        warning="\n".join(summary.warnings),
    )
    pipeline.state.outbox.put(summary.repository, [encode(point)])
