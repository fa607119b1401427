"""A source: what the pipeline asks of a server that runs workflows, GitHub's or another's."""

from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from typing import IO, Protocol

from etl.anomalies import Anomaly
from etl.extract.github.artifacts import ArtifactListing
from etl.extract.github.client import RepositoryClient
from etl.extract.github.runs import Found, WindowListing
from etl.extract.github.storage import Storage, Target
from etl.extract.github.windows import Window
from etl.model.pages import PageTag
from etl.model.records import Annotation, Artifact, Job, Repository, Run, Workflow


class Source(Protocol):
    """One repository on its server; every method raises RetriableError or FatalError if that cannot be asked.

    `called` names the server for people. `kinds` and `unchanged` count the requests, and those that were
    answered "not modified". `keeps_attempts`: earlier attempts can be asked for again; otherwise a
    re-run overwrites its jobs, and what is stored of earlier attempts is never revised. `github` is asked for
    what GitHub alone tells: approvals, checks of other Apps, and which jobs have annotations; None elsewhere.
    """

    name: str

    @property
    def called(self) -> str: ...  # noqa: D102

    @property
    def keeps_attempts(self) -> bool: ...  # noqa: D102

    @property
    def github(self) -> RepositoryClient | None: ...  # noqa: D102

    @property
    def storage(self) -> Storage: ...  # noqa: D102

    @property
    def concurrency(self) -> int: ...  # noqa: D102

    @property
    def kinds(self) -> Counter[str]: ...  # noqa: D102

    @property
    def unchanged(self) -> Counter[str]: ...  # noqa: D102

    @property
    def rate_limit_remaining(self) -> int | None: ...  # noqa: D102

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Waits until the rate limit carries one more run to its end; the context is the run's turn."""
        ...

    def at_most(self, requests: int) -> AbstractContextManager[None]:
        """Within this context, any further request than so many raises RequestsSpentError."""
        ...

    async def repository(self) -> tuple[Repository | None, Sequence[PageTag]]:
        """The repository, None if it is unchanged; and the tags to store."""
        ...

    async def workflows(self) -> tuple[list[Workflow] | None, Sequence[PageTag]]:
        """All workflows, None if none changed; and the tags to store."""
        ...

    async def runs(
        self, window: Window, workflows: Sequence[int], *, conditional: bool = True
    ) -> WindowListing:
        """The runs created in a window; unchanged ones may be left out if `conditional`."""
        ...

    async def first_window(self, windows: Sequence[Window]) -> Window | None:
        """The first of consecutive windows in which there is any run; None if there is none."""
        ...

    async def run(self, run_id: int, *, conditional: bool) -> Found:
        """A run as it is now. Raises NotFoundError or DataError."""
        ...

    async def attempt(self, run_id: int, number: int) -> Run:
        """One attempt of a run. Raises NotFoundError or DataError."""
        ...

    async def jobs(self, run: Run, number: int) -> tuple[list[Job], list[Anomaly]]:
        """The jobs of an attempt, with their steps. Raises NotFoundError or DataError."""
        ...

    async def annotations(self, job: Job) -> tuple[list[Annotation], list[Anomaly]]:
        """The annotations of a job. Raises NotFoundError or DataError."""
        ...

    async def artifacts(self, *, since: int, known: bool) -> ArtifactListing:
        """Artifacts created since then (Unix seconds), newest first; new ones suffice if the rest are `known`."""
        ...

    async def download(self, artifact: Artifact, into: IO[bytes], *, largest: int) -> None:
        """Write an artifact to the beginning of a file, and rewind it. Raises what GitHub's `download` raises."""
        ...

    async def download_log(self, job_id: int, into: Target, *, largest: int) -> None:
        """Write a job's log to a target. Raises what GitHub's `download_log` raises."""
        ...
