"""Windows of creation time by which runs are listed, and how a window with too many runs is split; pure.

A past day has the same URL every time, so that its ETag stays valid.
Source: GitHub docs, "List workflow runs for a repository": at most 1,000 results a search.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote, urlencode

from etl.model.values import iso_time

DAY_S: Final = 86_400
_PAGE: Final = 100

# Source: GitHub docs, "Events that trigger workflows"; `dynamic` is what Pages and Dependabot use.
EVENTS: Final = (
    "branch_protection_rule", "check_run", "check_suite", "create", "delete", "deployment",
    "deployment_status", "discussion", "discussion_comment", "dynamic", "fork", "gollum",
    "image_version", "issue_comment", "issues", "label", "merge_group", "milestone", "page_build",
    "public", "pull_request", "pull_request_review", "pull_request_review_comment",
    "pull_request_target", "push", "registry_package", "release", "repository_dispatch", "schedule",
    "status", "watch", "workflow_call", "workflow_dispatch", "workflow_run",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Window:
    """Runs created from `start` to `stop` (Unix seconds, inclusive), optionally of one workflow and event."""

    start: int
    stop: int
    workflow_id: int | None = None
    event: str | None = None

    @property
    def path(self) -> str:
        """The path of the first page, below the repository."""
        return self.path_of(_PAGE)

    def path_of(self, size: int) -> str:
        """The path of the first page with so many runs."""
        runs = "/actions/runs" if self.workflow_id is None else f"/actions/workflows/{self.workflow_id}/runs"
        query = {"created": f"{iso_time(self.start)}..{iso_time(self.stop)}", "per_page": str(size)}
        if self.event is not None:
            query["event"] = self.event
        return f"{runs}?{urlencode(query, quote_via=quote, safe=':')}"

    def __str__(self) -> str:
        parts = [f"{iso_time(self.start)}..{iso_time(self.stop)}"]
        if self.workflow_id is not None:
            parts.append(f"workflow {self.workflow_id}")
        return ", ".join([*parts, self.event] if self.event else parts)


def day_windows(since: int, now: int) -> list[Window]:
    """A window for each UTC day from that of `since` to that of `now`, oldest first."""
    first = since - since % DAY_S
    return [Window(day, day + DAY_S - 1) for day in range(first, now + 1, DAY_S)]


def split(window: Window, workflows: Sequence[int]) -> list[Window]:
    """Smaller windows with the same runs; empty if it cannot be split.

    By time down to one second, then by workflow, then by event.
    """
    if window.start < window.stop:
        middle = (window.start + window.stop) // 2
        return [replace(window, stop=middle), replace(window, start=middle + 1)]
    if window.workflow_id is None and workflows:
        return [replace(window, workflow_id=workflow) for workflow in workflows]
    if window.event is None:
        return [replace(window, event=event) for event in EVENTS]
    return []
