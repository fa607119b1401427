"""Reads the runs of one repository, by windows of creation time and by id."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import replace
from typing import Any

from etl.anomalies import Anomaly
from etl.errors import DataError, NotFoundError
from etl.extract.github.runs import WindowListing
from etl.extract.github.windows import Window
from etl.model.open_pieces import PieceName
from etl.model.records import Run
from etl.pipeline.open_pieces import RunPieces, open_piece
from etl.pipeline.run_reader import DAY_S, MAX_RUN_S, SETTLING, RunReader
from etl.pipeline.session import Session
from etl.state.runs import COMPLETED, DELIVERED, KnownRun

# Windows read at once: enough to keep every connection busy on days with few runs.
_WINDOWS = 4
# Statuses of runs that have ended, and of which not all is read: they are read again also if unchanged.
_UNSETTLED = (SETTLING, DELIVERED)
# Runs requested again at once: if none of them can be read, the others wait for the next sync.
_AGAIN = 20


async def scan_windows(
    session: Session,
    reader: RunReader,
    windows: Sequence[Window],
    *,
    done: Callable[[Window], Awaitable[None]],
    wanted: Callable[[Run], bool] = lambda _run: True,
) -> None:
    """Read every wanted run of the windows, several windows at once.

    `done` is called for each window in order, when it and all before it are committed. The first error ends
    the scan; what was committed stays. Raises DataError if windows have entries and none of them can be
    parsed; these windows are requested again later.
    """
    slots = asyncio.Semaphore(_WINDOWS)
    finished: set[int] = set()
    obscure: list[WindowListing] = []
    understood = False
    reported = 0
    reporting = asyncio.Lock()

    async def read(index: int, window: Window) -> None:
        nonlocal reported, understood
        async with slots:
            listing = await _read_window(session, reader, window, wanted)
        if listing.nothing_understood:
            obscure.append(listing)
        understood = understood or bool(listing.unchanged or listing.runs)
        finished.add(index)
        async with reporting:
            while reported in finished:
                await done(windows[reported])
                reported += 1

    await run_all(read(index, window) for index, window in enumerate(windows))
    if obscure and not understood:
        first = obscure[0].anomalies[0].detail
        raise DataError(
            f"no entry that {session.source.called} lists for {session.repository.name} can be understood: {first}"
        )
    tags = [tag for listing in obscure for tag in listing.tags]
    await session.state.call(session.state.commit_tags, session.repository, tags)


async def _read_window(
    session: Session,
    reader: RunReader,
    window: Window,
    wanted: Callable[[Run], bool] = lambda _run: True,
) -> WindowListing:
    state = session.state
    workflows = [workflow.id for workflow in session.repository.workflows]
    listing = await session.source.runs(window, workflows)
    session.anomalies.add(*listing.anomalies)
    if listing.is_emptied and (
        known := await state.call(state.runs.count_created, session.repository.id, window.start, window.stop)
    ):
        detail = f"{session.source.called} no longer lists any of {known} runs: {window}"
        session.anomalies.add(Anomaly("window emptied", detail, window.path))
    runs = [run for run in listing.runs.values() if wanted(run)]
    confirmed = await reader.told.confirmed(runs)
    await run_all(reader.read(run, confirmed=run.id in confirmed) for run in runs)
    await _note_window(session, window, listing.doubt)
    if not listing.nothing_understood:
        await state.call(state.commit_tags, session.repository, listing.tags)
    return listing


async def _note_window(session: Session, window: Window, doubt: str | None) -> None:
    """Leave a window open if runs may be missing from its listing, otherwise close it."""
    name = PieceName("runs", subject=window.start)
    state, repository = session.state, session.repository
    before = await state.call(state.open_pieces.get, repository.id, name)
    if doubt is not None:
        left = open_piece(before, name, doubt, int(session.clock()))
        await state.call(state.commit_piece, repository, left)
    elif before is not None:
        await state.call(state.close_piece, repository, name)


async def recheck(
    session: Session, reader: RunReader, candidates: Sequence[KnownRun], *, before: int
) -> None:
    """Request, by id, open runs that are older than the windows, or that changes nowhere else would bring up.

    `candidates` were open when the sync began; those that changed since then were read with their window.
    The windows contain runs created from `before` (Unix seconds) on.
    """
    now, state = session.clock(), session.state
    runs = [
        run
        for run in candidates
        if (run.created_at < before or run.status in _UNSETTLED or now - run.created_at > DAY_S)
        and await state.call(state.runs.get, session.repository.id, run.id) == run
    ]
    await run_all(_recheck_run(session, reader, run) for run in runs)


async def _recheck_run(session: Session, reader: RunReader, known: KnownRun) -> None:
    # Such runs may be unchanged on GitHub (304), but have to be read anyway.
    too_old = session.clock() - known.created_at > MAX_RUN_S
    conditional = known.status not in _UNSETTLED and not too_old
    if await ask_for_run(session, reader, known.id, conditional=conditional):
        session.anomalies.add(Anomaly("run gone", f"open run {known.id} vanished"))
        await session.state.call(
            session.state.commit_run, session.repository, replace(known, status=COMPLETED), []
        )


async def read_again(session: Session, since: int) -> None:
    """Request open pieces that are due, some at a time; stop as soon as a round closes none.

    `since` (Unix seconds) is how far back artifacts are listed for other runs.
    """
    pieces, repository = session.state.open_pieces, session.repository
    while open_now := await session.state.call(pieces.of_repository, repository.id):
        now = int(session.clock())
        due = [piece.name for piece in open_now if piece.is_due(now)]
        if not due:
            return
        runs = list(dict.fromkeys(name.run_id for name in due if name.run_id))[:_AGAIN]
        windows = [Window(name.subject, name.subject + DAY_S - 1) for name in due if not name.run_id]
        created = await session.state.call(session.state.runs.creation_times, repository.id, runs)
        reader = RunReader(session, since=min([since, *created]))
        await run_all(_read_run_again(session, reader, run) for run in runs)
        await run_all(_read_window(session, reader, window) for window in windows[:_AGAIN])
        left = await session.state.call(pieces.counts, repository.id)
        if sum(left.values()) >= len(open_now):
            return


async def _read_run_again(session: Session, reader: RunReader, run_id: int) -> None:
    if not await ask_for_run(session, reader, run_id, conditional=False):
        return
    # The run is gone, and its open pieces with it.
    session.anomalies.add(Anomaly("run gone", f"run {run_id}, of which not all was read"))
    await session.state.call(session.state.commit_pieces, session.repository, run_id, [])


async def ask_for_run(
    session: Session,
    reader: RunReader,
    run_id: int,
    *,
    conditional: bool,
    earliest: int = 0,
    then: Callable[[Run], Awaitable[None]] | None = None,
) -> bool:
    """Read a run as it is now; True if it is settled that GitHub no longer has it.

    Until then, a run that is not found or cannot be parsed stays open. A run created before `earliest` (Unix
    seconds) is not read. `then` is called with a run that was read.
    """
    try:
        found = await session.source.run(run_id, conditional=conditional)
    except (DataError, NotFoundError) as error:
        session.anomalies.add(Anomaly("run", f"run {run_id}: {error}"))
        state, repository = session.state, session.repository
        before = await state.call(state.open_pieces.of_run, repository.id, run_id)
        pieces = RunPieces(run_id, before, session.clock())
        is_settled = pieces.leave(error, "run")
        await state.call(state.commit_pieces, repository, run_id, pieces.put_off())
        return is_settled and isinstance(error, NotFoundError)
    if found.run is not None and found.run.created_at >= earliest:
        await reader.read(found.run, found.tags)
        if then is not None:
            await then(found.run)
    return False


async def run_all(work: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Run all concurrently; the first error cancels the rest and is raised itself, not in a group."""
    try:
        async with asyncio.TaskGroup() as group:
            for coroutine in work:
                group.create_task(coroutine)
    except BaseExceptionGroup as errors:
        raise _first(errors) from None


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
