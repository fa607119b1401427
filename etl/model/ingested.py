"""Executions of jobs that any CI tells of, and their ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

# What JavaScript and JSON readers keep exact; GitHub's own ids are positive.
_LARGEST: Final = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Told:
    """What a CI tells of an execution of a job; empty or None where it tells nothing.

    `run` is the CI's own number or name of the run. Times are Unix seconds.
    """

    repository: str
    workflow: str
    job: str
    commit: str
    run: str = ""
    attempt: int | None = None
    branch: str = ""
    default_branch: str = ""
    event: str = "push"
    conclusion: str = ""
    started_at: int | None = None
    completed_at: int | None = None
    duration_s: int | None = None
    url: str = ""

    @property
    def run_id(self) -> int:
        """The id of the run: of the CI's number of it, else of when the job started."""
        which = ("run", self.run) if self.run else ("started", self.started_at)
        return negative_id("run", self.workflow_id, self.commit, *which)

    @property
    def workflow_id(self) -> int:
        """The id of the workflow, whatever the case of the repository's name."""
        return negative_id("workflow", self.repository.lower(), self.workflow)

    def digest(self, contents: Iterable[bytes]) -> bytes:
        """A hash of everything that is told, but for the attempt, and of the reports' contents."""
        options = (
            self.branch, self.event, self.conclusion, self.started_at, self.completed_at, self.duration_s, self.url
        )  # fmt: skip
        reports = sorted(blake2b(content, digest_size=16).digest() for content in contents)
        return blake2b(_bytes(options, reports), digest_size=16).digest()


@dataclass(frozen=True, slots=True)
class IngestedJob:
    """An execution of a job as the state keeps it.

    `workflow` and `branch` are tags, `name` the job's own name. Times are Unix seconds; `digest` is `Told.digest`.
    """

    id: int
    run_id: int
    run: str
    attempt: int
    workflow_id: int
    workflow: str
    branch: str
    head_branch: str
    name: str
    event: str
    head_sha: str
    conclusion: str
    started_at: int
    completed_at: int
    url: str
    digest: bytes


def negative_id(*identity: object) -> int:
    """A negative number that stands for an identity: GitHub has none such."""
    digest = blake2b(_bytes(identity), digest_size=8).digest()
    return -1 - int.from_bytes(digest, "big") % _LARGEST


def _bytes(*identity: object) -> bytes:
    # `repr` keeps parts apart, whatever they contain.
    return repr(identity).encode("utf-8", "surrogatepass")
