"""Gitea Actions as a source of one repository."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager, nullcontext
from typing import IO, Final, Protocol

from etl.anomalies import Anomaly
from etl.errors import DataError, ExpiredError, NotFoundError
from etl.extract.gitea.attempts import Attempts, attempts_of, version
from etl.extract.gitea.client import GiteaClient
from etl.extract.gitea.commands import Commands
from etl.extract.gitea.records import (
    ListedRun,
    as_run,
    parse_job,
    parse_repository,
    parse_run,
    parse_uploaded,
    parse_workflow,
)
from etl.extract.gitea.server import Gitea
from etl.extract.gitea.tasks import Tasks
from etl.extract.github.artifacts import ArtifactListing
from etl.extract.github.download import FileTarget, check_size
from etl.extract.github.listing import parsed
from etl.extract.github.runs import Found, WindowListing
from etl.extract.github.storage import Storage, Target
from etl.extract.github.windows import Window
from etl.model.pages import PageTag
from etl.model.records import Annotation, Artifact, Job, Repository, Run, Workflow
from etl.model.values import seconds

# A run that changes while its jobs are read is read again, so often.
_READS: Final = 4
# How long after an artifact was created a re-run's upload in its place is noticed.
_REPLACED_S: Final = 7 * 86_400
_LARGEST_LOG: Final = 4 * 1024**3
_OPEN: Final = ("queued", "waiting", "in_progress")


class Remembered(Protocol):
    """What is remembered of a run that was read before."""

    @property
    def attempt(self) -> int: ...  # noqa: D102

    @property
    def created_at(self) -> int: ...  # noqa: D102

    @property
    def updated_at(self) -> str: ...  # noqa: D102

    @property
    def status(self) -> str: ...  # noqa: D102


# What is remembered of a run, by the ids of repository and run.
Recall = Callable[[int, int], Awaitable[Remembered | None]]


class GiteaSource:
    """One repository on a Gitea server; `etl/extract/source.py` describes the methods."""

    keeps_attempts: Final = False
    github: Final = None
    rate_limit_remaining: Final = None

    def __init__(self, server: Gitea, name: str, recall: Recall) -> None:
        self._server = server
        self._client = GiteaClient(server, name)
        self._recall = recall
        self._repository_id: int | None = None
        self._tasks = Tasks(self._client)
        self._read: dict[int, Attempts] = {}
        self._began: dict[int, int | None] = {}
        self._listing = asyncio.Lock()
        self._listed: WindowListing | None = None
        self._listed_since = 0
        self.unchanged: Counter[str] = Counter()

    @property
    def called(self) -> str:
        """The server's name for people."""
        return self._server.called

    @property
    def name(self) -> str:
        """What the repository is called now, with `gitea:`."""
        return self._client.name

    @name.setter
    def name(self, name: str) -> None:
        self._client.name = name

    @property
    def kinds(self) -> Counter[str]:
        """Number of requests by kind."""
        return self._client.kinds

    @property
    def storage(self) -> Storage:
        """Where artifacts are downloaded from."""
        return self._server.storage

    @property
    def concurrency(self) -> int:
        """Concurrent requests."""
        return self._server.settings.concurrency

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Nothing to wait for: there is no rate limit."""
        return nullcontext()

    def at_most(self, requests: int) -> AbstractContextManager[None]:
        """A context with so many requests."""
        return self._client.at_most(requests)

    async def repository(self) -> tuple[Repository | None, Sequence[PageTag]]:
        """One request."""
        found = parse_repository(await self._client.item(""), self._server.settings.url)
        self._repository_id = found.id
        return found, ()

    async def workflows(self) -> tuple[list[Workflow] | None, Sequence[PageTag]]:
        """One request; none in a repository without commits."""
        try:
            found, _ = await self._client.whole("/actions/workflows", "workflows", parse_workflow)
        except NotFoundError:
            return [], ()
        return found, ()

    async def runs(
        self, window: Window, workflows: Sequence[int], *, conditional: bool = True
    ) -> WindowListing:
        """The window's runs, of a list that is read once from the newest back, as far as it is needed.

        Of a run that is as it is remembered, no jobs are asked for.
        """
        del workflows
        async with self._listing:
            if self._listed is None or self._listed_since > window.start or not conditional:
                self._listed = await self._list(window.start)
                self._listed_since = window.start
            listed = self._listed
            anomalies, listed.anomalies = listed.anomalies, []
        found = {run.id: run for run in listed.runs.values() if window.start <= run.created_at <= window.stop}
        # What cannot be parsed belongs to some window: to the first that is asked for.
        return WindowListing(
            found, anomalies=anomalies, received=len(found) + len(anomalies), doubt=listed.doubt
        )

    async def first_window(self, windows: Sequence[Window]) -> Window | None:
        """The window of the oldest run."""
        if not windows:
            return None
        listing = await self.runs(windows[0], (), conditional=False)
        del listing
        assert self._listed is not None
        created = [run.created_at for run in self._listed.runs.values()]
        return next((one for one in windows if any(one.start <= at <= one.stop for at in created)), None)

    async def run(self, run_id: int, *, conditional: bool) -> Found:
        """One request, and one for its jobs."""
        del conditional
        listed = parse_run(await self._client.item(f"/actions/runs/{run_id}"))
        if listed.id != run_id:
            raise DataError(f"{self.called} answers run {listed.id} for run {run_id}")
        return Found((await self._attempts(listed)).run)

    async def attempt(self, run_id: int, number: int) -> Run:
        """An attempt that had not been seen when the run was read."""
        return (await self._of(run_id, number))[0]

    async def jobs(self, run: Run, number: int) -> tuple[list[Job], list[Anomaly]]:
        """The jobs that the attempt executed; of an overwritten one without steps."""
        return (await self._of(run.id, number))[1], []

    async def annotations(self, job: Job) -> tuple[list[Annotation], list[Anomaly]]:
        """The `::error` commands in the job's log, since Gitea keeps no annotations."""
        commands = Commands()
        try:
            await self.download_log(job.id, commands, largest=_LARGEST_LOG)
        except (ExpiredError, NotFoundError):
            return [], []
        return commands.finish(), []

    async def artifacts(self, *, since: int, known: bool) -> ArtifactListing:
        """Artifacts are listed oldest first: the last pages are read, backwards.

        A re-run replaces an artifact's content, so its time is that of the last upload.
        """
        del known
        path = "/actions/artifacts"
        first = await self._client.page(path, "artifacts", 1)
        last = -(-first.total // max(1, len(first.entries)))
        found: dict[int, Artifact] = {}
        anomalies: list[Anomaly] = []
        for number in range(last, 0, -1):
            page = first if number == 1 else await self._client.page(path, "artifacts", number)
            items, bad = parsed(page.entries, "artifacts", parse_uploaded, page.path)
            anomalies += bad
            found |= {item.id: item for _, item in items if item.created_at >= since}
            if any(created_at < since - _REPLACED_S for created_at, _ in items):
                break
        newest_first = tuple(found[number] for number in sorted(found, reverse=True))
        return ArtifactListing(newest_first, (), tuple(anomalies), unchanged=False)

    async def download(self, artifact: Artifact, into: IO[bytes], *, largest: int) -> None:
        """From where the server redirects to, without the token."""
        check_size(artifact, largest)
        await self._client.fetch(artifact.path, FileTarget(into), largest)
        into.seek(0)

    async def download_log(self, job_id: int, into: Target, *, largest: int) -> None:
        """From the server itself; it has only the log of a job's last execution."""
        if job_id < 0:
            raise ExpiredError("a re-run has overwritten the job, and Gitea has no earlier log")
        await self._client.fetch(f"/actions/jobs/{job_id}/logs", into, largest)
        began = self._began.get(job_id)
        now = parse_job(await self._client.item(f"/actions/jobs/{job_id}"))
        if began is not None and now.started_at != began:
            into.restart()
            raise ExpiredError("a re-run has overwritten the job while its log was read")

    async def _list(self, since: int) -> WindowListing:
        """Runs created since then (Unix seconds); they are listed newest first."""
        listing = WindowListing()
        total: int | None = None
        async for page in self._client.pages("/actions/runs", "workflow_runs"):
            items, anomalies = parsed(page.entries, "workflow_runs", parse_run, page.path)
            listing.anomalies += anomalies
            if total is not None and page.total < total:
                listing.doubt = f"{self.called} deleted runs while they were listed"
            total = page.total
            runs = await asyncio.gather(*(self._listed_run(item, listing) for item in items))
            listing.runs |= {run.id: run for run in runs if run is not None}
            if any(run is not None and run.created_at < since for run in runs):
                break
        if listing.anomalies:
            listing.doubt = listing.anomalies[0].detail
        return listing

    async def _listed_run(self, item: ListedRun, listing: WindowListing) -> Run | None:
        known = await self._remembered(item.id)
        if known is not None and _is_same(item, known):
            return as_run(
                item, attempt=known.attempt, created_at=known.created_at, updated_at=known.updated_at
            )
        try:
            return (await self._attempts(item)).run
        except (DataError, NotFoundError) as error:
            listing.anomalies.append(Anomaly("run", f"run {item.id}: {error}", item.url))
            return None

    async def _of(self, run_id: int, number: int) -> tuple[Run, list[Job]]:
        found = self._read.get(run_id)
        if found is None:
            await self.run(run_id, conditional=False)
            found = self._read[run_id]
        if number == found.run.attempt:
            # Read last, and once: a first sync reads many runs.
            del self._read[run_id]
            return found.run, found.jobs
        if number not in found.earlier:
            raise NotFoundError(
                f"{self.called} tells nothing of attempt {number} of run {run_id}", status=404
            )
        return found.earlier[number]

    async def _attempts(self, listed: ListedRun) -> Attempts:
        """The attempts of a run that are new, with their jobs, all as they were at one moment."""
        for _ in range(_READS):
            jobs, anomalies = await self._client.whole(f"/actions/runs/{listed.id}/jobs", "jobs", parse_job)
            if anomalies:
                raise DataError(anomalies[0].detail)
            now = parse_run(await self._client.item(f"/actions/runs/{listed.id}"))
            if now == listed:
                break
            listed = now
        else:
            raise DataError(f"run {listed.id} changes while it is read")
        known = await self._remembered(listed.id)
        before, seen_until = _seen(listed, known)
        tasks = []
        if before or any(job.attempt > 1 for job in jobs):
            created = min((job.created_at for job in jobs if job.created_at is not None), default=0)
            tasks = await self._tasks.of_run(listed.number, created)
        made = attempts_of(listed, jobs, tasks, before=before, seen_until=seen_until)
        self._began |= {job.id: job.started_at for job in jobs}
        self._read[listed.id] = made
        return made

    async def _remembered(self, run_id: int) -> Remembered | None:
        return None if self._repository_id is None else await self._recall(self._repository_id, run_id)


def _is_same(listed: ListedRun, known: Remembered) -> bool:
    """Whether a run has not changed since it was read; one that waits may have been re-run meanwhile."""
    if listed.status == "in_progress":
        return known.status == listed.status and known.updated_at == version(listed)
    return listed.completed and known.status not in _OPEN and known.updated_at == version(listed)


def _seen(listed: ListedRun, known: Remembered | None) -> tuple[int, int | None]:
    """How many attempts were seen to end, and when the last one did (Unix seconds)."""
    if known is None:
        return 0, None
    at = seconds(known.updated_at)
    if known.status not in _OPEN:
        # A run counts as ended while what waits for a job is about to be queued: it goes on as the same attempt.
        goes_on = listed.started_at is not None and at is not None and listed.started_at < at
        same = goes_on or (listed.completed and known.updated_at == version(listed))
        return (known.attempt - 1, _before(listed.started_at)) if same else (known.attempt, at)
    return known.attempt - 1, _before(at) if known.status == "in_progress" else at


def _before(second: int | None) -> int | None:
    return None if second is None else second - 1
