"""Test reports of a run's attempt: artifacts are listed, downloaded and read, and find their jobs."""

import asyncio
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from functools import partial
from typing import BinaryIO, cast

from etl.anomalies import Anomaly
from etl.errors import DataError, NotFoundError
from etl.extract.github.artifacts import list_artifacts
from etl.extract.github.download import download
from etl.extract.github.windows import DAY_S
from etl.model.records import Artifact, Job, Run
from etl.model.results import Content, Report
from etl.model.values import seconds
from etl.pipeline.memory_budget import RunMemory
from etl.pipeline.session import Session
from etl.transform.results.artifact_jobs import job_of, was_made_in

_IN_MEMORY = 8 * 1024 * 1024
# How much earlier than the first listing a run must have ended for that listing to hold its artifacts.
_SLACK_S = 600


class Reports:
    """Reads the reports of one repository's attempts; the list of artifacts is shared by all of them."""

    def __init__(self, session: Session, *, since: int) -> None:
        self._session = session
        # Runs are listed by whole days.
        self._since = since - since % DAY_S
        self._listing = asyncio.Lock()
        self._listed_at: float | None = None
        self._first_listed = 0.0

    async def of(
        self, run: Run, jobs: Sequence[Job], memory: RunMemory, *, until: int | None, seen_at: float
    ) -> list[Report]:
        """Reports of a completed attempt whose own jobs are `jobs`.

        `until` is when the next attempt began, `seen_at` (monotonic) when the run was listed. An
        artifact that cannot be downloaded or read is counted as an anomaly and skipped.
        """
        if not self._session.settings.tests.artifacts or not jobs:
            return []
        async with self._listing:
            if not self._is_listed(run, seen_at):
                await self._list()
        reports: dict[int, Report] = {}
        state = self._session.state
        for artifact in await state.call(state.artifacts.of_run, self._session.repository.id, run.id):
            if was_made_in(artifact, run, until):
                await self._read(artifact, run, jobs, memory, reports)
        return [reports[job_id] for job_id in sorted(reports)]

    def _is_listed(self, run: Run, seen_at: float) -> bool:
        """Whether the artifacts were listed after the run had ended."""
        if self._listed_at is None:
            return False
        ended = seconds(run.updated_at)
        return self._listed_at >= seen_at or (ended is not None and ended < self._first_listed - _SLACK_S)

    async def _list(self) -> None:
        state = self._session.state
        began, now = time.monotonic(), int(self._session.clock())
        listed = await state.call(state.artifacts.listed, self._session.repository.id)
        start, stop = listed or (now, now)
        known = start <= self._since
        since = max(self._since, stop - _SLACK_S) if known else self._since
        listing = await list_artifacts(self._session.client, since=since, known=known)
        self._session.anomalies.add(*listing.anomalies)
        wanted = self._session.settings.tests.artifacts
        matching = [
            artifact
            for artifact in listing.artifacts
            if any(fnmatchcase(artifact.name, glob) for glob in wanted)
        ]
        newest = max((artifact.created_at for artifact in listing.artifacts), default=since)
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

    async def _read(
        self,
        artifact: Artifact,
        run: Run,
        jobs: Sequence[Job],
        memory: RunMemory,
        reports: dict[int, Report],
    ) -> None:
        settings = self._session.settings
        rules = [(rule.artifact, rule.job) for rule in settings.tests.jobs]
        job = job_of(artifact, jobs, rules)
        stand_in = job or _stand_in(artifact, run, jobs)
        try:
            content = await self._content(artifact, memory)
        except (DataError, NotFoundError) as error:
            self._anomaly(artifact, str(error), run)
            return
        self._session.anomalies.add(*(replace(anomaly, url=run.url) for anomaly in content.anomalies))
        if content.results:
            report = reports.setdefault(stand_in.id, Report(stand_in, is_job=job is not None))
            report.results += content.results

    async def _content(self, artifact: Artifact, memory: RunMemory) -> Content:
        """What an artifact holds. Raises what `download` raises."""
        client, largest = self._session.client, self._session.settings.tests.largest_artifact
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as file:
            read = partial(asyncio.to_thread, memory.read, cast("BinaryIO", file), artifact.name)
            async with client.storage.slots:
                await download(client, artifact, file, largest=largest)
                content = await read()
            while content is None:
                # On disk, and outside of the slots: the run that is alone needs one.
                file.rollover()
                await memory.acquire_exclusive()
                async with client.storage.slots:
                    content = await read()
        return content

    def _anomaly(self, artifact: Artifact, reason: str, run: Run) -> None:
        self._session.anomalies.add(Anomaly("report", f"artifact {artifact.name!r}: {reason}", run.url))


def _stand_in(artifact: Artifact, run: Run, jobs: Sequence[Job]) -> Job:
    """What stands for the job where an artifact tells none: named after it, ended with the last job."""
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
