"""GitHub as a source of one repository."""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import IO, Final

from etl.anomalies import Anomaly
from etl.extract.github.annotations import list_annotations
from etl.extract.github.artifacts import ArtifactListing, list_artifacts
from etl.extract.github.client import RepositoryClient
from etl.extract.github.download import download, download_log
from etl.extract.github.jobs import list_jobs
from etl.extract.github.repositories import get_repository, list_workflows
from etl.extract.github.runs import Found, WindowListing, find_run, get_attempt, list_window, oldest_day
from etl.extract.github.storage import Storage, Target
from etl.extract.github.windows import Window
from etl.model.pages import PageTag
from etl.model.records import Annotation, Artifact, Job, Repository, Run, Workflow


class GitHubSource:
    """One repository on GitHub; `etl/extract/source.py` describes the methods."""

    called: Final = "GitHub"
    keeps_attempts: Final = True

    def __init__(self, client: RepositoryClient) -> None:
        self.github = client

    @property
    def name(self) -> str:
        """What the repository is called now."""
        return self.github.name

    @name.setter
    def name(self, name: str) -> None:
        self.github.name = name

    @property
    def kinds(self) -> Counter[str]:
        """Number of requests by kind."""
        return self.github.kinds

    @property
    def unchanged(self) -> Counter[str]:
        """Number of requests answered 304 by kind."""
        return self.github.unchanged

    @property
    def storage(self) -> Storage:
        """Where artifacts and logs are downloaded from."""
        return self.github.storage

    @property
    def concurrency(self) -> int:
        """Concurrent requests."""
        return self.github.settings.concurrency

    @property
    def rate_limit_remaining(self) -> int | None:
        """Requests left in the token's rate limit."""
        return self.github.rate_limit_remaining

    def turn(self) -> AbstractAsyncContextManager[None]:
        """The turn of a run."""
        return self.github.turn()

    def at_most(self, requests: int) -> AbstractContextManager[None]:
        """A context with so many requests."""
        return self.github.at_most(requests)

    async def repository(self) -> tuple[Repository | None, Sequence[PageTag]]:
        """One conditional request."""
        return await get_repository(self.github)

    async def workflows(self) -> tuple[list[Workflow] | None, Sequence[PageTag]]:
        """One conditional request a page."""
        return await list_workflows(self.github)

    async def runs(
        self, window: Window, workflows: Sequence[int], *, conditional: bool = True
    ) -> WindowListing:
        """The window's pages, split where it has too many runs."""
        return await list_window(self.github, window, workflows, conditional=conditional)

    async def first_window(self, windows: Sequence[Window]) -> Window | None:
        """A binary search."""
        return await oldest_day(self.github, windows)

    async def run(self, run_id: int, *, conditional: bool) -> Found:
        """One request."""
        return await find_run(self.github, run_id, conditional=conditional)

    async def attempt(self, run_id: int, number: int) -> Run:
        """One request."""
        return await get_attempt(self.github, run_id, number)

    async def jobs(self, run: Run, number: int) -> tuple[list[Job], list[Anomaly]]:
        """Every job that the attempt lists, also those that it inherits."""
        return await list_jobs(self.github, run.id, number, numbered=run.numbered)

    async def annotations(self, job: Job) -> tuple[list[Annotation], list[Anomaly]]:
        """Those of the job's check run."""
        return await list_annotations(self.github, job.id)

    async def artifacts(self, *, since: int, known: bool) -> ArtifactListing:
        """One conditional request if there is nothing new."""
        return await list_artifacts(self.github, since=since, known=known)

    async def download(self, artifact: Artifact, into: IO[bytes], *, largest: int) -> None:
        """From the storage that a redirect names."""
        await download(self.github, artifact, into, largest=largest)

    async def download_log(self, job_id: int, into: Target, *, largest: int) -> None:
        """From the storage that a redirect names."""
        await download_log(self.github, job_id, into, largest=largest)
