"""Backfills: read each repository's past in time order; an interrupted backfill resumes where it stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from etl.errors import FatalError
from etl.extract.github.windows import DAY_S, Window, day_windows
from etl.model.records import Run
from etl.model.tag_values import tag_value
from etl.model.values import seconds
from etl.pipeline.commit_checks import read_commit_checks
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.run_reader import MAX_RUN_S, RERUN_S, RunReader
from etl.pipeline.session import Session, run_session
from etl.pipeline.summary import Summary
from etl.pipeline.windows import read_again, recheck, scan_windows

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Range:
    """Runs created from `start` up to before `stop` (Unix seconds; None: now).

    `replace` deletes the range's points first; `force` also those of other CIs, which cannot be read again.
    """

    start: int
    stop: int | None = None
    replace: bool = False
    force: bool = False

    def end(self, now: float) -> int:
        """The end of the range (Unix seconds), given the current time."""
        return int(now) + 1 if self.stop is None else self.stop

    @property
    def key(self) -> tuple[int, int]:
        """Identifies the range in the state; the same when the command is repeated on another day."""
        return self.start, self.stop or 0


async def backfill_all(
    pipeline: Pipeline, delivery: Delivery, asked: Range, *, advance: Callable[[str, int, int], None]
) -> list[Summary]:
    """Backfill one repository after another; calls `advance` with the repository, windows done and their total."""
    summaries = []
    for name in await pipeline.repositories.names():
        async with pipeline.locks.hold(name):
            summaries.append(
                await run_session(
                    pipeline,
                    delivery,
                    name,
                    lambda session: _read_range(pipeline, session, asked, advance),
                )
            )
    return summaries


async def _read_range(
    pipeline: Pipeline, session: Session, asked: Range, advance: Callable[[str, int, int], None]
) -> None:
    state, repository = session.state, session.repository
    backfills = state.backfills
    end = asked.end(session.clock())
    start = await _replaceable(pipeline, session, asked.start, end) if asked.replace else asked.start
    position = await state.call(backfills.position, repository.id, *asked.key)
    if position is None:
        position = start
        if asked.replace:
            await _delete(pipeline, session, start, end, force=asked.force)
        await state.call(backfills.move, repository.id, *asked.key, position)
    windows = day_windows(position, end - 1)
    total = len(day_windows(start, end - 1))
    finished = total - len(windows)
    advance(repository.name, finished, total)

    async def done(window: Window) -> None:
        nonlocal finished
        finished += 1
        await state.call(backfills.move, repository.id, *asked.key, window.stop + 1)
        advance(repository.name, finished, total)

    still_open = await state.call(state.runs.still_open, repository.id)
    reader = RunReader(session, since=start, points_from=start if asked.replace else 0)
    if asked.replace:
        await _read_earlier(session, reader, start)
    await scan_windows(session, reader, windows, done=done)
    await recheck(session, reader, still_open, before=start)
    await read_commit_checks(session)
    await read_again(session, start)
    await state.call(backfills.finish, repository.id, *asked.key)


async def _replaceable(pipeline: Pipeline, session: Session, start: int, end: int) -> int:
    """The earliest time (Unix seconds) from which GitHub still has all runs and the store still takes points.

    Older points stay. Raises FatalError if nothing of the range can be replaced.
    """
    kept = await pipeline.store.oldest()
    earliest = start - RERUN_S - MAX_RUN_S
    found = await session.source.first_window(day_windows(earliest, end - 1))
    if found is None:
        raise FatalError(
            "GitHub lists no run of that time: nothing is deleted, since nothing could be read anew"
        )
    has_all_from = start
    if found.start > start and await _stores(pipeline, session, start, found.start):
        # Runs of earlier days, which GitHub has deleted, may have ended on that day.
        has_all_from = found.stop + 1
    begin = max(start, has_all_from, kept - kept % DAY_S + DAY_S if kept > start else 0)
    if begin >= end:
        raise FatalError("neither GitHub nor the store still has runs of that time: nothing is deleted")
    if begin > start:
        text = f"points before {datetime.fromtimestamp(begin, UTC):%F} stay as they are: they cannot be read anew"
        session.summary.warnings.append(text)
        log.warning("not replaced", reason=text)
    return begin


async def _stores(pipeline: Pipeline, session: Session, start: int, stop: int) -> bool:
    """Whether the store has points of the repository between two times (Unix seconds)."""
    since, until = (datetime.fromtimestamp(second, UTC) for second in (start, stop))
    asked = {"repository": tag_value(session.repository.name), "start": since, "stop": until}
    (row,) = await pipeline.store.query("overview", asked)
    return bool(row["runs"] or row["jobs"])


async def _delete(pipeline: Pipeline, session: Session, start: int, end: int, *, force: bool) -> None:
    """Delete the range's points, and forget all runs that may have had points in it.

    Raises FatalError if points of the repository are still in the outbox, or, without `force`, if some are of
    other CIs.
    """
    state = session.state
    if (await state.call(state.outbox.backlog, session.repository.name)).points:
        raise FatalError("points still wait in the outbox: run `ci-health sync` first, then replace")
    since, until = (datetime.fromtimestamp(second, UTC) for second in (start, end))
    if force:
        await state.call(state.forget_ingested, session.repository, start, end)
    else:
        await _require_none_ingested(pipeline, session, since, until)
    await pipeline.store.delete(session.repository.name, since, until)
    await state.call(state.forget_runs, session.repository, start - RERUN_S - MAX_RUN_S)
    log.info("deleted", since=since.isoformat(), until=until.isoformat())


async def _require_none_ingested(
    pipeline: Pipeline, session: Session, since: datetime, until: datetime
) -> None:
    """Raise FatalError if points of other CIs, which only they could write again, would be deleted."""
    asked = {"repository": tag_value(session.repository.name), "start": since, "stop": until}
    rows = await pipeline.store.query("ingested", asked)
    if rows:
        jobs, names = sum(row["jobs"] for row in rows), ", ".join(repr(row["workflow"]) for row in rows[:3])
        raise FatalError(
            f"{jobs} jobs of that time were ingested from other CIs ({names}) and cannot be read again: nothing is "
            "deleted; --force deletes them too (docs/ingest.md)"
        )


async def _read_earlier(session: Session, reader: RunReader, start: int) -> None:
    """Read runs created before the range that were still running in it: their points in it were deleted too."""

    def reaches_in(run: Run) -> bool:
        return (seconds(run.updated_at) or start) >= start

    earliest = start - RERUN_S - MAX_RUN_S

    async def done(_window: Window) -> None:
        pass

    windows = day_windows(earliest, start - 1)
    await scan_windows(session, reader, windows, done=done, wanted=reaches_in)
