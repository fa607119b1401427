"""Reads an attempt's test reports: lists and downloads artifacts, parses them, and assigns them to jobs."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import BinaryIO, cast

import structlog

from etl.anomalies import Anomaly
from etl.errors import CiHealthError, DataError, ExpiredError, NotFoundError
from etl.extract.github.windows import DAY_S
from etl.model.records import Artifact, Job, Run
from etl.model.results import Content, Report, Result
from etl.model.values import seconds
from etl.pipeline.memory_budget import RunMemory
from etl.pipeline.open_pieces import RunPieces
from etl.pipeline.session import Session
from etl.pipeline.temporary_file import temporary_file
from etl.transform.results.artifact_jobs import is_wanted, job_of, was_made_in

log = structlog.get_logger(__name__)

_IN_MEMORY = 8 * 1024 * 1024
# How long before the first listing a run must have ended for that listing to include its artifacts.
_SLACK_S = 600


@dataclass(frozen=True, slots=True)
class FoundReports:
    """Reports of an attempt, and the ids of jobs whose reports could not all be read yet.

    The points of `unread` jobs wait for their reports. `partial` jobs have results beside a broken artifact:
    their points are made from those results, and retracted later if the artifact changes them. `earlier` are
    the reports of an earlier reading, which lacked artifacts that are read now; None if there was none.
    """

    reports: list[Report] = field(default_factory=list)
    unread: frozenset[int] = frozenset()
    partial: frozenset[int] = frozenset()
    earlier: list[Report] | None = None

    @property
    def explained(self) -> frozenset[int]:
        """Ids of jobs with a failing test in a report."""
        return frozenset(
            report.job.id for report in self.reports if any(result.is_red for result in report.results)
        )


class _ByJob:
    """Collects reports by job id while the artifacts are read."""

    def __init__(self) -> None:
        self._now: dict[int, Report] = {}
        self._earlier: dict[int, Report] = {}
        self._late: set[int] = set()
        self._unread: set[int] = set()
        self._broken: set[int] = set()
        self._was_settled = False

    def add(self, job: Job, results: list[Result], *, is_job: bool) -> None:
        """Add the results of an artifact."""
        for reports in (self._now, self._earlier):
            _add(reports, job, results, is_job=is_job)

    def add_late(self, job: Job, results: list[Result], *, is_job: bool, was_settled: bool) -> None:
        """Add the results of an artifact that an earlier reading left open or, if `was_settled`, did without."""
        _add(self._now, job, results, is_job=is_job)
        self._late.add(job.id)
        self._was_settled |= was_settled and bool(results)

    def leave(self, job: Job, *, is_broken: bool) -> None:
        """Record an open artifact: it could not be downloaded or, if `is_broken`, is not a valid archive."""
        (self._broken if is_broken else self._unread).add(job.id)

    def found(self) -> FoundReports:
        """The reports of all jobs, as collected."""
        partial = self._broken & self._now.keys() - self._unread
        unread = frozenset(self._unread | self._broken - partial)
        reports = [self._now[job_id] for job_id in sorted(self._now.keys() - unread)]
        may_have_been_made = self._was_settled or self._late & self._earlier.keys()
        earlier = [*self._earlier.values()] if may_have_been_made else None
        return FoundReports(reports, unread, frozenset(partial), earlier)


def _add(reports: dict[int, Report], job: Job, results: list[Result], *, is_job: bool) -> None:
    if results:
        report = reports.setdefault(job.id, Report(job, is_job=is_job))
        report.results += results


class Reports:
    """Reads the reports of one repository's attempts; the list of artifacts is shared by all of them."""

    def __init__(self, session: Session, *, since: int) -> None:
        self._session = session
        # Runs are listed by whole days.
        self._since = since - since % DAY_S
        self._rules = [(rule.artifact, rule.job) for rule in session.settings.tests.jobs]
        self._listing = asyncio.Lock()
        self._listed_at: float | None = None
        self._first_listed = 0.0
        self._doubt: str | None = None

    async def of(
        self,
        run: Run,
        jobs: Sequence[Job],
        memory: RunMemory,
        pieces: RunPieces,
        *,
        until: int | None,
        seen_at: float,
    ) -> FoundReports:
        """Reports of a completed attempt that executed `jobs`.

        `until` is when the next attempt began (Unix seconds), `seen_at` when the run was listed (monotonic).
        An artifact that cannot be downloaded or read is counted as an anomaly and left open in `pieces`.
        """
        if not self._session.settings.tests.artifacts or not jobs:
            return FoundReports()
        if not await self._are_listed(run, pieces, seen_at):
            return FoundReports(unread=frozenset(job.id for job in jobs))
        by_job = _ByJob()
        state = self._session.state
        for artifact in await state.call(state.artifacts.of_run, self._session.repository.id, run.id):
            if was_made_in(artifact, run, until):
                await self._add(by_job, artifact, run, jobs, memory=memory, pieces=pieces)
        return by_job.found()

    async def _add(
        self,
        by_job: _ByJob,
        artifact: Artifact,
        run: Run,
        jobs: Sequence[Job],
        *,
        memory: RunMemory,
        pieces: RunPieces,
    ) -> None:
        """Add the results of an artifact."""
        job = job_of(artifact, jobs, self._rules)
        stand_in, is_job = job or _stand_in(artifact, run, jobs), job is not None
        results, is_broken = await self._results(artifact, run, memory, pieces)
        names = ("artifacts", run.attempt), ("artifact", run.attempt, artifact.id)
        if results is None:
            by_job.leave(stand_in, is_broken=is_broken)
        elif any(pieces.was_open(*name) for name in names):
            was_settled = any(pieces.was_settled(*name) for name in names)
            by_job.add_late(stand_in, results, is_job=is_job, was_settled=was_settled)
        else:
            by_job.add(stand_in, results, is_job=is_job)

    async def _are_listed(self, run: Run, pieces: RunPieces, seen_at: float) -> bool:
        """List artifacts unless they were listed after the run ended; False if the list stays open."""
        problem: CiHealthError | str | None
        async with self._listing:
            try:
                if not self._is_listed(run, seen_at):
                    await self._list()
                problem = self._doubt
            except (DataError, NotFoundError) as error:
                self._session.anomalies.add(Anomaly("artifacts", f"of run {run.id}: {error}", run.url))
                problem = error
        return problem is None or pieces.leave(problem, "artifacts", run.attempt)

    def _is_listed(self, run: Run, seen_at: float) -> bool:
        """Whether the artifacts were listed after the run had ended."""
        if self._listed_at is None:
            return False
        ended = seconds(run.updated_at)
        return self._listed_at >= seen_at or (ended is not None and ended < self._first_listed - _SLACK_S)

    async def _list(self) -> None:
        state = self._session.state
        began, now = time.monotonic(), int(self._session.clock())
        before = await state.call(state.artifacts.listed, self._session.repository.id)
        start, stop = before or (now, self._since)
        known = start <= self._since
        since = max(self._since, stop - _SLACK_S) if known else self._since
        listing = await self._session.source.artifacts(since=since, known=known)
        self._session.anomalies.add(*listing.anomalies, *_without_run(listing.artifacts, later=stop))
        wanted = self._session.settings.tests.artifacts
        matching = [
            artifact
            for artifact in listing.artifacts
            if artifact.run_id is not None and is_wanted(artifact.name, wanted)
        ]
        # An entry that cannot be parsed may be any artifact: the next listing starts at the same place.
        self._doubt = listing.anomalies[0].detail if listing.anomalies else None
        newest = max((artifact.created_at for artifact in listing.artifacts), default=since)
        if self._doubt is not None:
            newest = since
        await state.call(
            state.commit_artifacts,
            self._session.repository,
            matching,
            listing.tags,
            since=self._since,
            newest=newest,
        )
        self._first_listed = self._first_listed or now
        self._listed_at = began

    async def _results(
        self, artifact: Artifact, run: Run, memory: RunMemory, pieces: RunPieces
    ) -> tuple[list[Result] | None, bool]:
        """The results of an artifact, None if it stays open; and whether it is broken."""
        try:
            content = await self._content(artifact, memory)
        except (DataError, NotFoundError) as error:
            self._anomaly(artifact, str(error), run)
            is_final = isinstance(error, ExpiredError)
            is_settled = is_final or pieces.leave(error, "artifact", run.attempt, artifact.id)
            return [] if is_settled else None, False
        anomalies = [replace(anomaly, url=run.url) for anomaly in content.anomalies]
        self._session.anomalies.add(*anomalies)
        for file in content.passed_over:
            log.debug("passed over", artifact=artifact.name, file=file, url=run.url)
        if content.is_broken and not pieces.leave(anomalies[0].detail, "artifact", run.attempt, artifact.id):
            return None, True
        return content.results, content.is_broken

    async def _content(self, artifact: Artifact, memory: RunMemory) -> Content:
        """Download and parse an artifact. Raises what `download` raises."""
        source, largest = self._session.source, self._session.settings.tests.largest_artifact
        with temporary_file(_IN_MEMORY) as file:
            read = partial(asyncio.to_thread, memory.read, cast("BinaryIO", file), artifact.name)
            async with source.storage.slots:
                await source.download(artifact, file, largest=largest)
                content = await read()
            while content is None:
                # Wait with the file on disk and without a slot, which the large run under way needs.
                file.rollover()
                await memory.acquire_exclusive()
                async with source.storage.slots:
                    content = await read()
        return content

    def _anomaly(self, artifact: Artifact, reason: str, run: Run) -> None:
        self._session.anomalies.add(Anomaly("report", f"artifact {artifact.name!r}: {reason}", run.url))


def _without_run(artifacts: Sequence[Artifact], *, later: int) -> list[Anomaly]:
    """An anomaly for artifacts without a run, if any were created after `later` (Unix seconds)."""
    orphans = [artifact for artifact in artifacts if artifact.run_id is None and artifact.created_at > later]
    if not orphans:
        return []
    detail = f"GitHub names no run of {len(orphans)} artifacts, such as {orphans[0].name!r}: not read"
    return [Anomaly("artifact without run", detail)]


def _stand_in(artifact: Artifact, run: Run, jobs: Sequence[Job]) -> Job:
    """A substitute for an artifact's job if that is unknown: named after the artifact, ended with the last job."""
    ended = max((job.completed_at for job in jobs if job.completed_at is not None), default=run.created_at)
    return Job(
        id=artifact.id,
        run_id=run.id,
        attempt=run.attempt,
        name=f"(artifact {artifact.name})",
        status="completed",
        conclusion=run.conclusion,
        created_at=None,
        started_at=None,
        completed_at=ended,
        labels=(),
        steps=(),
        url=run.url,
    )
