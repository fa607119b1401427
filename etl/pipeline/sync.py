"""A sync: what is new in each repository, through the outbox into the store."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from etl.anomalies import Anomalies
from etl.errors import CiHealthError, ConfigurationError, DataError, RetriableError, SupersededError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.repositories import get_repository, list_workflows
from etl.extract.github.windows import Window, day_windows
from etl.load.line_encoder import encode
from etl.pipeline.cardinality import warn_of_cardinality
from etl.pipeline.commit_checks import read_commit_checks
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.run_reader import DAY_S, RunReader
from etl.pipeline.session import Session
from etl.pipeline.summary import Summary
from etl.pipeline.windows import recheck, scan_windows
from etl.settings import parse_since
from etl.state.repositories import KnownRepository
from etl.transform.names import kept_names
from etl.transform.syncs import etl_point

log = structlog.get_logger(__name__)

# GitHub lets a run be re-run for 30 days after it was created.
RERUN_S = 30 * DAY_S
_REPOSITORIES_AT_ONCE = 8


async def sync_all(
    pipeline: Pipeline,
    delivery: Delivery,
    plan: Mapping[str, bool],
    *,
    done: Callable[[Summary], None] = lambda _summary: None,
) -> list[Summary]:
    """Sync the repositories of the plan, and put an `etl` point for each into the outbox.

    The plan's values tell whether to look at the newest two days only, instead of at every window that
    may still change. A repository that fails costs no other one: its summary says why. `done` is told
    of each as it ends.
    """
    slots = asyncio.Semaphore(_REPOSITORIES_AT_ONCE)

    async def one(name: str, newest_only: bool) -> Summary:
        async with slots, pipeline.hold(name):
            summary = await sync_repository(pipeline, delivery, name, newest_only=newest_only)
        done(summary)
        return summary

    return list(await asyncio.gather(*(one(name, newest_only) for name, newest_only in plan.items())))


async def sync_repository(pipeline: Pipeline, delivery: Delivery, name: str, *, newest_only: bool) -> Summary:
    """Sync one repository, when nothing else of this process reads it.

    Raises SupersededError where another process has taken it over meanwhile.
    """
    async with pipeline.turns[name]:
        return await _sync(pipeline, delivery, name, newest_only=newest_only)


async def _sync(pipeline: Pipeline, delivery: Delivery, name: str, *, newest_only: bool) -> Summary:
    summary, anomalies = Summary(name), Anomalies()
    client = pipeline.client(name)
    began = time.monotonic()
    with structlog.contextvars.bound_contextvars(repository=name):
        try:
            session = await open_session(pipeline, delivery, client, summary, anomalies)
            await _read_new(session, newest_only=newest_only)
        except (ConfigurationError, SupersededError):
            raise
        except CiHealthError as error:
            summary.error = str(error)
            summary.retry_at = _retry_at(pipeline, error)
        except Exception as error:
            # A defect of ours costs this repository, not the others.
            summary.error = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
            log.debug("unexpected error", exc_info=True)
        complete(summary, client, anomalies)
        summary.duration_s = round(time.monotonic() - began, 3)
        try:
            _put_etl_point(pipeline, delivery, summary)
        except CiHealthError as error:
            # The state cannot be used, which is most likely what the sync failed with.
            summary.error = summary.error or str(error)
        _tell(pipeline, summary)
    return summary


def _retry_at(pipeline: Pipeline, error: CiHealthError) -> str | None:
    if not isinstance(error, RetriableError) or error.retry_after is None:
        return None
    return f"{datetime.fromtimestamp(pipeline.clock() + error.retry_after, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _tell(pipeline: Pipeline, summary: Summary) -> None:
    """Log how it went: the same error once, however often it comes again, and once that it is over."""
    before = pipeline.failing.pop(summary.repository, None)
    if summary.error is not None:
        pipeline.failing[summary.repository] = summary.error
        if summary.error != before:
            log.error("sync failed", reason=summary.error)
        return
    if before is not None:
        log.info("syncs go through again")
    log.info("synced", **summary.counts())


async def open_session(
    pipeline: Pipeline,
    delivery: Delivery,
    client: RepositoryClient,
    summary: Summary,
    anomalies: Anomalies,
) -> Session:
    """Ask what the repository is called and contains now, and remember it."""
    known = await _look_up(pipeline, client, summary.repository)
    known = pipeline.state.repositories.begin_session(known)

    async def wait_for_outbox_capacity() -> None:
        await pipeline.wait_for_outbox_capacity(delivery)

    return Session(
        client,
        pipeline.state,
        pipeline.settings,
        pipeline.rules,
        known,
        summary,
        anomalies,
        pipeline.clock,
        wait_for_outbox_capacity,
    )


async def _look_up(pipeline: Pipeline, client: RepositoryClient, name: str) -> KnownRepository:
    """The repository as it is now. A renamed one is asked by its new name from here on."""
    before = known = pipeline.state.repositories.get(name)
    found, tags = await get_repository(client)
    if found is not None:
        workflows = known.workflows if known is not None and known.id == found.id else ()
        known = KnownRepository(
            found.id, name, found.full_name, found.default_branch, workflows, private=found.private
        )
    if known is None:
        raise DataError(f"GitHub answers 304 for {name}, which was never read")
    client.name = known.full_name
    listed, workflow_tags = await list_workflows(client)
    if listed is not None:
        known = replace(known, workflows=kept_names(listed, known.workflows))
    if known is before:
        return known
    return pipeline.state.commit_repository(known, [*tags, *workflow_tags])


async def _read_new(session: Session, *, newest_only: bool) -> None:
    now = int(session.clock())
    start = first_window(session, now, newest_only=newest_only)
    reader = RunReader(session, since=start)
    repository, repositories = session.repository, session.state.repositories
    cursor = repository.cursor

    def done(window: Window) -> None:
        nonlocal cursor
        reached = min(window.stop + 1, now)
        if cursor is None or reached > cursor:
            repositories.move_cursor(repository, cursor, reached)
            cursor = reached

    repositories.begin(repository, start)
    still_open = session.state.runs.still_open(repository.id)
    await scan_windows(session, reader, day_windows(start, now), done=done)
    await recheck(session, reader, still_open, before=start)
    await read_commit_checks(session)
    if session.summary.runs:
        warn_of_cardinality(session)
    session.state.prune(repository)
    if not newest_only:
        repositories.swept(repository, now)


def first_window(session: Session, now: int, *, newest_only: bool) -> int:
    """Where the windows begin (Unix seconds): where anything may still change, but no earlier than ever."""
    repository = session.repository
    if repository.origin is None or repository.cursor is None:
        since = parse_since(session.settings.since, datetime.fromtimestamp(now, UTC))
        return repository.origin or int(since.timestamp())
    yesterday = now - now % DAY_S - DAY_S
    if newest_only and repository.cursor >= yesterday:
        return max(repository.origin, yesterday)
    # Since the cursor, any run may have been re-run that was created within 30 days before it.
    return max(repository.origin, repository.cursor - RERUN_S)


def complete(summary: Summary, client: RepositoryClient, anomalies: Anomalies) -> None:
    """Complete a summary with what the client and the anomalies counted."""
    summary.requests = client.requests
    summary.not_modified = client.not_modified
    summary.rate_limit_remaining = client.rate_limit_remaining
    summary.anomalies = anomalies.total
    summary.requests_by_kind = dict(client.kinds)
    summary.anomalies_by_kind = dict(anomalies.counts)


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
