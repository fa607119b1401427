"""What other CI systems say of a commit: check runs of Apps, and statuses.

Source: GitHub's REST API reference, "List check runs for a Git reference", "List commit statuses for a reference".
"""

from dataclasses import dataclass
from typing import Any, Self

from etl.errors import DataError
from etl.model.values import optional, required, seconds

# GitHub Actions' own check runs are the jobs of its runs.
_ACTIONS = "github-actions"


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

    @classmethod
    def parse(cls, raw: Any) -> Self | None:
        """From an item of `GET …/commits/{sha}/check-runs`; None for one of GitHub Actions, or of nobody."""
        app = raw.get("app") if isinstance(raw, dict) else None
        number = required(raw, "id", int)
        name = optional(app, "name", str, default="") or optional(app, "slug", str, default="")
        if not name or optional(app, "slug", str, default="") == _ACTIONS:
            return None
        return cls(
            id=number,
            suite_id=optional(raw.get("check_suite"), "id", int, default=0),
            app=name,
            name=optional(raw, "name", str, default=""),
            status=required(raw, "status", str),
            conclusion=optional(raw, "conclusion", str, default=None),
            started_at=seconds(raw.get("started_at")),
            completed_at=seconds(raw.get("completed_at")),
            url=optional(raw, "html_url", str, default=""),
        )


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """A status that somebody set for a context: `pending`, `success`, `failure` or `error`."""

    id: int
    context: str
    state: str
    created_at: int
    url: str

    @classmethod
    def parse(cls, raw: Any) -> Self:
        """From an item of `GET …/commits/{sha}/statuses`."""
        created_at = seconds(required(raw, "created_at", str))
        if created_at is None:
            raise DataError(f"created_at is no time: {raw['created_at'][:40]!r}")
        return cls(
            id=required(raw, "id", int),
            context=optional(raw, "context", str, default="default"),
            state=required(raw, "state", str),
            created_at=created_at,
            url=optional(raw, "target_url", str, default=""),
        )
