"""Reads the runs that webhooks told of: by id, through the same code as a sync's runs.

The order of deliveries, duplicates and replays change nothing: GitHub is asked how the run stands now.
What cannot be read waits; what is lost, the next sync reads.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

import structlog

from etl.anomalies import Anomalies, Anomaly
from etl.errors import CiHealthError, DataError
from etl.extract.github.runs import find_run
from etl.extract.github.webhooks import Told
from etl.extract.github.windows import DAY_S
from etl.load.delivery import Delivery
from etl.pipeline.assembly import Pipeline
from etl.pipeline.reader import SETTLING, RunReader
from etl.pipeline.session import Session
from etl.pipeline.summary import Summary
from etl.pipeline.sweep import together
from etl.pipeline.sync import complete, first_window, open_session
from etl.state.deliveries import Waiting
from etl.state.runs import KnownRun

log = structlog.get_logger(__name__)

# GitHub tells of a run's jobs and of the run at about the same time: one reading does for all.
_TOGETHER_S = 1.0
_AGAIN_S = 60.0


class Intake:
    """The queue of deliveries and the one who reads them; `done` is told what each reading did."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery, done: Callable[[Summary], None]) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._done = done
        self._arrived = asyncio.Event()
        # What an earlier process has kept is to be read first.
        self._arrived.set()

    def keep(self, delivery: str, name: str, told: Told) -> str:
        """Keep a delivery for good; `queued`, `known` or, of a job that nothing waits for, `ignored`."""
        if told.of_job and not self._is_wanted(name, told.run_id):
            return "ignored"
        if not self._pipeline.state.deliveries.keep(delivery, name, told.run_id):
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
        """Read what waits, again and again."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_AGAIN_S):
                    await self._arrived.wait()
            await asyncio.sleep(_TOGETHER_S)
            self._arrived.clear()
            await self.read()

    async def read(self) -> None:
        """Read all that waits now, one repository after another."""
        try:
            names = sorted({one.repository for one in self._pipeline.state.deliveries.waiting()})
            if names:
                # Who is to be asked may not be known yet, right after the start.
                await self._pipeline.watched.names()
        except CiHealthError as error:
            log.warning("webhook deliveries cannot be read", reason=str(error))
            return
        for name in names:
            with structlog.contextvars.bound_contextvars(repository=name):
                await self._read_repository(name)

    async def _read_repository(self, name: str) -> None:
        pipeline = self._pipeline
        summary, anomalies = Summary(name), Anomalies()
        client = pipeline.client(name)
        try:
            async with pipeline.hold(name), pipeline.turns[name]:
                waiting = [one for one in pipeline.state.deliveries.waiting() if one.repository == name]
                # None where another worker has read them meanwhile.
                if not waiting:
                    return
                session = await open_session(pipeline, self._delivery, client, summary, anomalies)
                await self._read_runs(session, waiting)
        except CiHealthError as error:
            summary.error = str(error)
            log.warning("webhooks told of runs that cannot be read yet", reason=str(error))
        except Exception as error:
            # A defect of ours costs these runs the time until the next sync, and nobody else anything.
            summary.error = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
            log.warning("webhooks told of runs that cannot be read yet", reason=summary.error)
            log.debug("unexpected error", exc_info=True)
        complete(summary, client, anomalies)
        self._done(summary)
        log.info("read what webhooks told of", **summary.counts())

    async def _read_runs(self, session: Session, waiting: Sequence[Waiting]) -> None:
        # What a sync would not look at is not read either.
        earliest = first_window(session, int(session.clock()), newest_only=False)
        reader = RunReader(session, since=earliest)
        await together(self._read_run(session, reader, one, earliest - earliest % DAY_S) for one in waiting)

    async def _read_run(self, session: Session, reader: RunReader, one: Waiting, earliest: int) -> None:
        """Read a run as it stands now. It goes on waiting while its jobs have not all ended."""
        state, repository = session.state, session.repository.id
        known = state.runs.get(repository, one.run_id)
        settling = known is not None and known.status == SETTLING
        try:
            found = await find_run(session.client, one.run_id, conditional=not settling)
            if found.run is not None and found.run.created_at >= earliest:
                await reader.read(found.run, found.tags)
        except DataError as error:
            session.anomalies.add(Anomaly("run", f"run {one.run_id}: {error}"))
        known = state.runs.get(repository, one.run_id)
        if known is None or known.status != SETTLING:
            state.deliveries.settle(one)
