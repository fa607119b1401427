"""Reads the runs that webhooks told of: by id, through the same code as a sync's runs.

The order of deliveries, duplicates and replays change nothing: GitHub is asked how the run stands now.
What cannot be read waits; what is lost, the next sync reads.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from etl.errors import CiHealthError
from etl.extract.github.webhooks import CompletionEvent
from etl.extract.github.windows import DAY_S
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.run_reader import SETTLING, RunReader
from etl.pipeline.session import Session, run_session
from etl.pipeline.summary import Summary
from etl.pipeline.sync import first_window
from etl.pipeline.windows import ask_for_run, run_all
from etl.state.deliveries import Waiting
from etl.state.runs import KnownRun

log = structlog.get_logger(__name__)

# GitHub tells of a run's jobs and of the run at about the same time: one reading does for all.
_TOGETHER_S = 1.0
_AGAIN_S = 60.0


class WebhookQueue:
    """The queue of deliveries and the one who reads them; `done` is told what each reading did."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery, done: Callable[[Summary], None]) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._done = done
        self._arrived = asyncio.Event()
        self._reading: set[str] = set()
        self._told_again: set[str] = set()
        self._troubles: dict[str, str] = {}
        # What an earlier process has kept is to be read first.
        self._arrived.set()

    async def keep(self, delivery: str, name: str, told: CompletionEvent) -> str:
        """Keep a delivery for good; `queued`, `known` or, of a job that nothing waits for, `ignored`."""
        state = self._pipeline.state
        if told.of_job and not await state.call(self._is_wanted, name, told.run_id):
            return "ignored"
        if not await state.call(state.deliveries.keep, delivery, name, told.run_id):
            return "known"
        self._arrived.set()
        return "queued"

    def _is_wanted(self, name: str, run_id: int) -> bool:
        """Whether a job's end matters before its run's: the run waits for it, or is a day old."""
        run = self._known(name, run_id)
        if run is None:
            return False
        is_long = self._pipeline.clock() - run.created_at > DAY_S
        return run.status == SETTLING or (is_long and run.stored_attempt < run.attempt)

    def _known(self, name: str, run_id: int) -> KnownRun | None:
        repository = self._pipeline.state.repositories.get(name)
        return None if repository is None else self._pipeline.state.runs.get(repository.id, run_id)

    async def run(self) -> None:
        """Read what waits, again and again; a repository that takes long keeps no other one waiting."""
        async with asyncio.TaskGroup() as group:
            while True:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_AGAIN_S):
                        await self._arrived.wait()
                await asyncio.sleep(_TOGETHER_S)
                self._arrived.clear()
                for name in await self._names():
                    if name in self._reading:
                        self._told_again.add(name)
                    else:
                        self._reading.add(name)
                        group.create_task(self._read(name))

    async def _names(self) -> list[str]:
        """Repositories with runs that wait."""
        try:
            state = self._pipeline.state
            waiting = await state.call(state.deliveries.waiting)
            names = list(dict.fromkeys(one.repository for one in waiting))
            if names:
                # Who is to be asked may not be known yet, right after the start.
                await self._pipeline.repositories.names()
        except CiHealthError as error:
            self._tell("", str(error))
            return []
        self._tell("", None)
        return names

    async def _read(self, name: str) -> None:
        """Read the runs of a repository that wait, when nobody else reads it."""
        error: str | None
        try:
            async with self._pipeline.locks.hold(name):
                summary = await run_session(self._pipeline, self._delivery, name, self._read_runs)
            error = summary.error
            self._done(summary)
            log.info("read what webhooks told of", repository=name, **summary.counts())
        except CiHealthError as failure:
            error = str(failure)
        self._tell(name, error)
        self._reading.discard(name)
        if name in self._told_again:
            self._told_again.discard(name)
            self._arrived.set()

    def _tell(self, name: str, error: str | None) -> None:
        """Log why runs cannot be read: the same reason once, however often it comes again."""
        if error is not None and self._troubles.get(name) != error:
            log.warning("webhooks told of runs that cannot be read yet", repository=name, reason=error)
        if error is None:
            self._troubles.pop(name, None)
        else:
            self._troubles[name] = error

    async def _read_runs(self, session: Session) -> None:
        name, state = session.repository.name, session.state
        waiting = [one for one in await state.call(state.deliveries.waiting) if one.repository == name]
        # What a sync would not look at is not read either.
        earliest = first_window(session, int(session.clock()), newest_only=False)
        reader = RunReader(session, since=earliest)
        await run_all(self._read_run(session, reader, one, earliest - earliest % DAY_S) for one in waiting)

    async def _read_run(self, session: Session, reader: RunReader, one: Waiting, earliest: int) -> None:
        """Read a run as it stands now. It goes on waiting while its jobs have not all ended."""
        state, repository = session.state, session.repository.id
        known = await state.call(state.runs.get, repository, one.run_id)
        settling = known is not None and known.status == SETTLING
        await ask_for_run(session, reader, one.run_id, conditional=not settling, earliest=earliest)
        known = await state.call(state.runs.get, repository, one.run_id)
        if known is None or known.status != SETTLING:
            await state.call(state.deliveries.settle, one)
