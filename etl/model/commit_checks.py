"""What other CI systems say of a commit: check runs of Apps, and statuses.

Source: GitHub's REST API reference, "List check runs for a Git reference", "List commit statuses for a reference".
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that runs were seen of: `branch` is the tag of the first one (`created_at`, Unix seconds)."""

    sha: str
    branch: str
    created_at: int


@dataclass(frozen=True, slots=True)
class AppCheck:
    """A check run of an App other than GitHub Actions; times are Unix seconds."""

    id: int
    suite_id: int
    app: str
    name: str
    status: str
    conclusion: str | None
    started_at: int | None
    completed_at: int | None
    url: str


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A status that somebody set for a context: `pending`, `success`, `failure` or `error`."""

    id: int
    context: str
    state: str
    created_at: int
    url: str
