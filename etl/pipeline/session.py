"""A session: reads one repository, from the first request to the summary.

Syncs, backfills and the webhook queue all read a repository in a session.
"""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from etl.anomalies import Anomalies
from etl.errors import CiHealthError, ConfigurationError, DataError, RetriableError, SupersededError
from etl.extract.source import Source
from etl.model.values import iso_time
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.open_pieces import open_sentence
from etl.pipeline.summary import Summary
from etl.settings import Settings
from etl.state.repositories import KnownRepository
from etl.state.state import State
from etl.transform.names import kept_names
from etl.transform.rules import Rules

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Session:
    """The objects shared while one repository is read.

    `clock` returns Unix seconds; `wait_for_outbox_capacity` waits while the outbox is full.
    """

    source: Source
    state: State
    settings: Settings
    rules: Rules
    repository: KnownRepository
    summary: Summary
    anomalies: Anomalies
    clock: Callable[[], float]
    wait_for_outbox_capacity: Callable[[], Awaitable[None]]


async def run_session(
    pipeline: Pipeline, delivery: Delivery, name: str, read: Callable[[Session], Awaitable[None]]
) -> Summary:
    """Read a repository once nothing else in this process does, and return a summary.

    Any failure, also a bug here, goes into the summary: it must not fail the other repositories.
    Raises only ConfigurationError, which concerns them all.
    """
    summary, anomalies = Summary(name), Anomalies()
    source = pipeline.source(name)
    async with pipeline.turns[name]:
        began = time.monotonic()
        with structlog.contextvars.bound_contextvars(repository=name):
            try:
                await read(await _open(pipeline, delivery, source, summary, anomalies))
            except ConfigurationError:
                raise
            except CiHealthError as error:
                summary.error = str(error)
                summary.superseded = isinstance(error, SupersededError)
                summary.retry_at = _retry_at(pipeline, error)
            except Exception as error:
                summary.error = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
                log.debug("unexpected error", exc_info=True)
        summary.duration_s = round(time.monotonic() - began, 3)
    _complete(summary, source, anomalies)
    # If the state cannot be used, the summary already says so.
    with suppress(CiHealthError):
        await pipeline.state.call(_add_open_pieces, pipeline, summary)
    return summary


async def _open(
    pipeline: Pipeline, delivery: Delivery, source: Source, summary: Summary, anomalies: Anomalies
) -> Session:
    """Look up the repository's current name, default branch and workflows, store them, and open the session."""
    state = pipeline.state
    known = await _look_up(state, source, summary.repository)
    clock = pipeline.clock_of(source)
    if clock.is_wrong:
        summary.warnings.append(str(clock))
    known = await state.call(state.repositories.begin_session, known)
    return Session(
        source=source,
        state=state,
        settings=pipeline.settings,
        rules=pipeline.rules,
        repository=known,
        summary=summary,
        anomalies=anomalies,
        clock=clock,
        wait_for_outbox_capacity=lambda: pipeline.wait_for_outbox_capacity(delivery),
    )


async def _look_up(state: State, source: Source, name: str) -> KnownRepository:
    """The repository as it is now; `source` uses its new name from here on if it was renamed.

    Raises DataError if GitHub answers 304 for a repository that was never read.
    """
    before = known = await state.call(state.repositories.get, name)
    found, tags = await source.repository()
    if found is not None:
        workflows = known.workflows if known is not None and known.id == found.id else ()
        known = KnownRepository(
            found.id, name, found.full_name, found.default_branch, workflows, private=found.private
        )
    if known is None:
        raise DataError(f"{source.called} answers 304 for {name}, which was never read")
    source.name = known.full_name
    listed, workflow_tags = await source.workflows()
    if listed is not None:
        known = replace(known, workflows=kept_names(listed, known.workflows))
    if known is before:
        return known
    return await state.call(state.commit_repository, known, [*tags, *workflow_tags])


def _retry_at(pipeline: Pipeline, error: CiHealthError) -> str | None:
    if not isinstance(error, RetriableError) or error.retry_after is None:
        return None
    return iso_time(pipeline.clock() + error.retry_after)


def _add_open_pieces(pipeline: Pipeline, summary: Summary) -> None:
    """Add the open pieces to the summary. Blocks."""
    known = pipeline.state.repositories.get(summary.repository)
    if known is None:
        return
    summary.open_by_kind = pipeline.state.open_pieces.counts(known.id)
    summary.open = sum(summary.open_by_kind.values())
    if summary.open:
        summary.warnings.append(open_sentence(summary.open_by_kind))


def _complete(summary: Summary, source: Source, anomalies: Anomalies) -> None:
    """Add the counts of requests and anomalies to the summary."""
    summary.requests = source.kinds.total()
    summary.not_modified = source.unchanged.total()
    summary.rate_limit_remaining = source.rate_limit_remaining
    summary.anomalies = anomalies.total
    summary.requests_by_kind = dict(source.kinds)
    summary.not_modified_by_kind = dict(source.unchanged)
    summary.anomalies_by_kind = dict(anomalies.counts)
