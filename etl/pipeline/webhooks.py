"""Reads the runs that webhooks report, with the same code as a sync.

A run that a delivery holds whole is not asked for, nor are the jobs of a green one: see `told_jobs`. What is older
than what is known changes nothing, so order, duplicates and replays of deliveries do not matter. Runs that cannot be
read stay queued, and for some minutes those of which a log is not there yet; runs whose delivery was lost are read
by the next sync.

With `http.webhooks.comments`, the comment of a pull request is due each time a run of it was read; that is noted
before the delivery counts as read, so that no crash loses it.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial

import structlog

from etl.errors import CiHealthError
from etl.extract.github.payloads import run_in
from etl.extract.github.webhooks import CompletionEvent
from etl.extract.github.windows import DAY_S
from etl.model.due_comments import Head
from etl.model.open_pieces import OpenPiece
from etl.model.records import Run
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.run_reader import SETTLING, RunReader
from etl.pipeline.session import Session, run_session
from etl.pipeline.summary import Summary
from etl.pipeline.sync import first_window
from etl.pipeline.windows import ask_for_run, run_all
from etl.state.deliveries import Waiting
from etl.state.runs import COMPLETED, DELIVERED, KnownRun

log = structlog.get_logger(__name__)

# GitHub sends the webhooks of a run and its jobs at about the same time: one reading is enough for all.
_TOGETHER_S = 1.0
_AGAIN_S = 60.0
# A run is kept queued for a log that is not there until it was asked for so often; then the next syncs do.
_LOG_ANSWERS = 3


class WebhookQueue:
    """Queues webhook deliveries and reads their runs; calls `done` with the summary of each reading."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery, done: Callable[[Summary], None]) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._done = done
        self._arrived = asyncio.Event()
        self._reading: set[str] = set()
        self._read_again: set[str] = set()
        self._troubles: dict[str, str] = {}
        # Read first what an earlier process has left in the queue.
        self._arrived.set()

    async def keep(self, delivery: str, name: str, event: CompletionEvent) -> str:
        """Store a delivery; returns `queued`, `kept` (a job's, until its run has ended), `known` or `ignored`."""
        state = self._pipeline.state
        if event.payload is not None:
            await state.call(state.payloads.keep, name, event.payload)
        if event.of_job and not await state.call(self._is_wanted, name, event.run_id):
            return "ignored" if event.payload is None else "kept"
        if not await state.call(state.deliveries.keep, delivery, name, event.run_id):
            return "known"
        self._arrived.set()
        return "queued"

    def _is_wanted(self, name: str, run_id: int) -> bool:
        """Whether a job's end is news now: its run has ended and may lack the job, or is a day old."""
        run = self._known(name, run_id)
        if run is None:
            return False
        is_long = self._pipeline.clock() - run.created_at > DAY_S
        return run.status in (SETTLING, DELIVERED) or (is_long and run.stored_attempt < run.attempt)

    def _known(self, name: str, run_id: int) -> KnownRun | None:
        repository = self._pipeline.state.repositories.get(name)
        return None if repository is None else self._pipeline.state.runs.get(repository.id, run_id)

    async def run(self) -> None:
        """Read queued runs until cancelled; a slow repository does not delay the others."""
        async with asyncio.TaskGroup() as group:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_AGAIN_S):
                        await self._arrived.wait()
                await asyncio.sleep(_TOGETHER_S)
                self._arrived.clear()
                for name in await self._names():
                    if name in self._reading:
                        self._read_again.add(name)
                    else:
                        self._reading.add(name)
                        group.create_task(self.read(name))

    async def _names(self) -> list[str]:
        """Repositories with queued runs."""
        try:
            state = self._pipeline.state
            waiting = await state.call(state.deliveries.waiting)
            names = list(dict.fromkeys(run.repository for run in waiting))
            if names:
                # Right after the start, it may not be known yet which account to use.
                await self._pipeline.repositories.names()
        except CiHealthError as error:
            self._log_trouble("", str(error))
            return []
        self._log_trouble("", None)
        return names

    async def read(self, name: str) -> None:
        """Read a repository's queued runs once nothing else reads it."""
        error: str | None
        try:
            async with self._pipeline.locks.hold(name):
                summary = await run_session(self._pipeline, self._delivery, name, self._read_runs)
            error = summary.error
            self._done(summary)
            log.info("read what webhooks told of", repository=name, **summary.counts())
        except CiHealthError as failure:
            error = str(failure)
        self._log_trouble(name, error)
        self._reading.discard(name)
        if name in self._read_again:
            self._read_again.discard(name)
            self._arrived.set()

    def _log_trouble(self, name: str, error: str | None) -> None:
        """Log why runs cannot be read; a repeated reason is logged once."""
        if error is not None and self._troubles.get(name) != error:
            log.warning("webhooks told of runs that cannot be read yet", repository=name, reason=error)
        if error is None:
            self._troubles.pop(name, None)
        else:
            self._troubles[name] = error

    async def _read_runs(self, session: Session) -> None:
        name, state = session.repository.name, session.state
        waiting = [run for run in await state.call(state.deliveries.waiting) if run.repository == name]
        # Runs that a sync would not read are not read here either.
        earliest = first_window(session, int(session.clock()), newest_only=False)
        reader = RunReader(session, since=earliest)
        await run_all(self._read_run(session, reader, run, earliest - earliest % DAY_S) for run in waiting)

    async def _read_run(self, session: Session, reader: RunReader, waiting: Waiting, earliest: int) -> None:
        """Read a run. It stays queued while not all its jobs have ended, or a log is awaited."""
        state, repository = session.state, session.repository.id
        known = await state.call(state.runs.get, repository, waiting.run_id)
        settling = known is not None and known.status == SETTLING
        late = await self._late_logs(session, waiting.run_id)
        # A log that appears does not change the run: asked conditionally, GitHub would answer 304.
        is_due = settling or any(piece.is_due(int(session.clock())) for piece in late)
        comments = session.settings.http.webhooks.comments and session.source.github is not None
        note = partial(self._note_comment, session) if comments else None
        told = None if is_due else await self._read_told(session, reader, waiting.run_id, known, earliest)
        if told is None:
            # A sync that has just read the run does not change it either, and only the answer tells of its request.
            conditional = not (is_due or comments)
            await ask_for_run(
                session, reader, waiting.run_id, conditional=conditional, earliest=earliest, then=note
            )
        elif note is not None:
            await note(told)
        known = await state.call(state.runs.get, repository, waiting.run_id)
        if known is not None and known.status == SETTLING:
            return
        if any(piece.asked <= _LOG_ANSWERS for piece in await self._late_logs(session, waiting.run_id)):
            return
        await state.call(state.deliveries.settle, waiting)

    async def _note_comment(self, session: Session, run: Run) -> None:
        """Note that the comment of a run's pull request is due, if the run is stored and may belong to one."""
        name, state = session.repository.name, session.state
        known = await state.call(state.runs.get, session.repository.id, run.id)
        if known is None or known.status not in (COMPLETED, DELIVERED):
            return
        # Of a fork's run, GitHub names no pull request: it has to be asked.
        if run.head_owner and run.head_branch and (run.pull_request or run.fork):
            head = Head(name, run.head_owner, run.head_branch, run.head_sha, run.created_at, run.pull_request)
            await state.call(state.comments.note, head)
            self._pipeline.comment_due.set()

    async def _read_told(
        self, session: Session, reader: RunReader, run_id: int, known: KnownRun | None, earliest: int
    ) -> Run | None:
        """Read a run as its delivery holds it; None if GitHub has to be asked."""
        content = await session.state.call(session.state.payloads.run, session.repository.name, run_id)
        if content is None:
            return None
        told = run_in(content)
        if known is not None and _is_seen(told, known):
            return told if known.status == COMPLETED else None
        if told.created_at >= earliest and not await reader.read_told(told):
            await reader.read(told)
        return told

    async def _late_logs(self, session: Session, run_id: int) -> list[OpenPiece]:
        """Logs that were not there yet: GitHub stores a job's log some seconds after it tells of its end."""
        pieces = session.state.open_pieces
        open_now = await session.state.call(pieces.of_run, session.repository.id, run_id)
        return [piece for piece in open_now if piece.name.kind == "log"]


def _is_seen(told: Run, known: KnownRun) -> bool:
    """Whether a delivery tells of nothing later than what is known; its times are whole seconds, as text.

    To what only webhooks have told of, jobs may have come.
    """
    is_later = (told.attempt, told.updated_at) > (known.attempt, known.updated_at)
    return not is_later and (known.status != DELIVERED or told.attempt < known.attempt)
