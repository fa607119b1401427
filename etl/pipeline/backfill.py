"""A backfill: the past of each repository, in time order; interrupted, it resumes where it stood."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from etl.anomalies import Anomalies
from etl.errors import CiHealthError, ConfigurationError, FatalError
from etl.extract.github.windows import Window, day_windows
from etl.extract.records import Run, seconds
from etl.load.delivery import Delivery
from etl.pipeline.assembly import Pipeline
from etl.pipeline.reader import LONGEST_RUN_S, RunReader
from etl.pipeline.session import Session
from etl.pipeline.summary import Summary
from etl.pipeline.sweep import recheck, sweep
from etl.pipeline.sync import RERUN_S, complete, open_session

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Range:
    """Runs created from `start` up to before `stop` (Unix seconds); `replace` deletes them first."""

    start: int
    stop: int
    replace: bool = False


async def backfill_all(
    pipeline: Pipeline, delivery: Delivery, asked: Range, *, advance: Callable[[str, int, int], None]
) -> list[Summary]:
    """Backfill one repository after another; `advance` is told repository, windows done and of how many."""
    return [
        await _backfill_repository(pipeline, delivery, name, asked, advance)
        for name in pipeline.settings.repositories
    ]


async def _backfill_repository(
    pipeline: Pipeline,
    delivery: Delivery,
    name: str,
    asked: Range,
    advance: Callable[[str, int, int], None],
) -> Summary:
    summary, anomalies = Summary(name), Anomalies()
    client = pipeline.client(name)
    with structlog.contextvars.bound_contextvars(repository=name):
        try:
            session = await open_session(pipeline, delivery, client, summary, anomalies)
            await _read_range(pipeline, session, asked, advance)
        except ConfigurationError:
            raise
        except CiHealthError as error:
            summary.error = str(error)
    complete(summary, client, anomalies)
    return summary


async def _read_range(
    pipeline: Pipeline, session: Session, asked: Range, advance: Callable[[str, int, int], None]
) -> None:
    progress, repository = session.progress, session.repository
    position = progress.backfill_position(repository.id, asked.start, asked.stop)
    if position is None:
        position = asked.start
        if asked.replace:
            await _delete(pipeline, session, asked)
        progress.move_backfill(repository.id, asked.start, asked.stop, position)
    all_windows = _windows(asked.start, asked)
    windows = _windows(position, asked)
    finished = len(all_windows) - len(windows)
    advance(repository.name, finished, len(all_windows))

    def done(window: Window) -> None:
        nonlocal finished
        finished += 1
        progress.move_backfill(repository.id, asked.start, asked.stop, window.stop + 1)
        advance(repository.name, finished, len(all_windows))

    reader = RunReader(session, points_from=asked.start if asked.replace else 0)
    if asked.replace:
        await _read_earlier(session, reader, asked)
    await sweep(session, reader, windows, done=done)
    await recheck(session, reader, before=asked.start)
    progress.finish_backfill(repository.id, asked.start, asked.stop)


def _windows(start: int, asked: Range) -> list[Window]:
    return [window for window in day_windows(start, asked.stop - 1) if window.start < asked.stop]


async def _delete(pipeline: Pipeline, session: Session, asked: Range) -> None:
    """Delete the range in the store, and forget the runs that may have points in it."""
    if pipeline.outbox.backlog().points:
        raise FatalError("points still wait in the outbox: run `ci-health sync` first, then replace")
    start, stop = (datetime.fromtimestamp(second, UTC) for second in (asked.start, asked.stop))
    await pipeline.store.prepare()
    await pipeline.store.delete(session.repository.name, start, stop)
    session.progress.forget_runs(session.repository.id, asked.start - RERUN_S - LONGEST_RUN_S)
    log.info("deleted", since=start.isoformat(), until=stop.isoformat())


async def _read_earlier(session: Session, reader: RunReader, asked: Range) -> None:
    """Runs created before the range that were still at work in it: their points there went too."""

    def reaches_in(run: Run) -> bool:
        return (seconds(run.updated_at) or asked.start) >= asked.start

    earliest = asked.start - RERUN_S - LONGEST_RUN_S
    windows = day_windows(earliest, asked.start - 1)
    await sweep(session, reader, windows, done=lambda _window: None, wanted=reaches_in)
