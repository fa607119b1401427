"""Reads the logs of an attempt's failed jobs, as far as no test report explains the failure."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus

import structlog

from etl.anomalies import Anomaly
from etl.errors import DataError, ExpiredError, FatalError, NotFoundError
from etl.extract.logs.excerpt import Excerpt
from etl.extract.logs.incoming import IncomingLog
from etl.extract.logs.reading import read_excerpt
from etl.extract.logs.secrets import Secrets
from etl.extract.logs.window import failed_window
from etl.model.logs import LogReading
from etl.model.records import Job, Run
from etl.pipeline.open_pieces import RunPieces
from etl.pipeline.reports import FoundReports
from etl.pipeline.session import Session

log = structlog.get_logger(__name__)

_FAILED = ("failure", "timed_out")
# Bytes of a log that are read at most.
_LARGEST = 4 * 1024**3
_WHO_MAY_READ_LOGS = (
    "What logs tell is left out: reading them takes a classic token, or `actions: read`; "
    "`ci-health backfill --replace` fetches them afterwards, and `logs: off` asks for none"
)


@dataclass(frozen=True, slots=True)
class FoundLogs:
    """Readings of an attempt's logs by job id; `unread` has jobs whose log could not be read yet.

    `late` has jobs whose log an earlier reading of the run may have done without.
    """

    readings: dict[int, LogReading] = field(default_factory=dict)
    unread: frozenset[int] = frozenset()
    late: frozenset[int] = frozenset()

    def without_late(self) -> "FoundLogs":
        """The readings that an earlier reading of the run had."""
        return FoundLogs(
            {job_id: reading for job_id, reading in self.readings.items() if job_id not in self.late}
        )


class Logs:
    """Reads the logs of one repository's jobs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._setting = session.settings.logs
        self._passing_left = session.settings.passing_logs
        self._secrets = Secrets()
        self._forbidden = False

    async def of(
        self,
        run: Run,
        jobs: Sequence[Job],
        reports: FoundReports,
        pieces: RunPieces,
        read: dict[int, LogReading | bool],
    ) -> FoundLogs:
        """Readings of the failed jobs' logs, one request each; none if the token may not read logs.

        `read` caches results by job id while the run is read. In an attempt that is still open, all wanted
        logs count as unread: how a failure is classified depends on its log.
        """
        wanted = [job for job in jobs if self._is_wanted(job, reports)]
        if not run.completed:
            return FoundLogs(unread=frozenset(job.id for job in wanted))
        readings: dict[int, LogReading] = {}
        unread: set[int] = set()
        for job in wanted:
            if self._forbidden:
                break
            if job.id not in read:
                read[job.id] = await self._reading(job, run, pieces)
            reading = read[job.id]
            if isinstance(reading, LogReading):
                readings[job.id] = reading
            elif reading:
                unread.add(job.id)
        late = frozenset(job_id for job_id in readings if pieces.was_settled("log", run.attempt, job_id))
        return FoundLogs(readings, frozenset(unread), late)

    def _is_wanted(self, job: Job, reports: FoundReports) -> bool:
        if self._setting == "off" or self._forbidden or not (job.completed and job.taken):
            return False
        if job.conclusion not in _FAILED or job.is_check or job.id in reports.unread:
            return False
        return self._setting == "always" or job.id not in reports.explained

    async def _reading(self, job: Job, run: Run, pieces: RunPieces) -> LogReading | bool:
        """The reading of a job's log; without one, whether the failure's points have to wait for a retry."""
        try:
            return await self._read(job, run)
        except (DataError, FatalError) as error:
            if isinstance(error, FatalError) and error.status == HTTPStatus.UNAUTHORIZED:
                raise
            if isinstance(error, FatalError) and error.status == HTTPStatus.FORBIDDEN:
                if not self._forbidden:
                    self._forbidden = True
                    self._anomaly("logs forbidden", f"{error}. {_WHO_MAY_READ_LOGS}", run)
                return False
            # Reported only the first time, not at every retry.
            if not pieces.was_open("log", run.attempt, job.id):
                self._anomaly("log", f"of job {job.id}: {error}", run)
            return not (isinstance(error, ExpiredError) or pieces.leave(error, "log", run.attempt, job.id))

    async def _read(self, job: Job, run: Run) -> LogReading:
        storage = self._session.source.storage
        started, ended = failed_window(job)
        async with storage.log_slots:
            excerpt = await self._excerpt(job.id, ended)
            async with storage.log_turn:
                read = partial(read_excerpt, excerpt, started, ended, secrets=self._secrets)
                reading = await asyncio.to_thread(read)
                if not reading.explained and (passing := await self._passing(job, run)) is not None:
                    reading = await asyncio.to_thread(read, passing=lambda: passing)
        return reading

    async def _excerpt(self, job_id: int, ended: str = "") -> Excerpt:
        """An excerpt of a job's log. Raises what `download_log` raises, and DataError if it is not a log."""
        incoming = IncomingLog(ended)
        await self._session.source.download_log(job_id, incoming, largest=_LARGEST)
        return incoming.excerpt

    async def _passing(self, job: Job, run: Run) -> Excerpt | None:
        """The log of the last known passing execution of the job; None if it is not available."""
        if self._passing_left <= 0 or job.completed_at is None:
            return None
        state, repository = self._session.state, self._session.repository.id
        name = self._session.rules.masks(job.name)
        passing_id = await state.call(
            state.evidence.last_passing, repository, run.workflow_id, name, job.completed_at
        )
        if passing_id is None:
            return None
        self._passing_left -= 1
        try:
            return await self._excerpt(passing_id)
        except (DataError, NotFoundError) as error:
            log.debug("no passing log", job=passing_id, reason=str(error), url=run.url)
            return None

    def _anomaly(self, kind: str, detail: str, run: Run) -> None:
        self._session.anomalies.add(Anomaly(kind, detail, run.url))
