"""Kinds of requests to GitHub: what the rate limit was spent on, by the request's path; pure."""

import re
from collections.abc import Mapping
from typing import Final

# What each kind covers.
KINDS: Final = {
    "runs": "lists of runs, single runs and their attempts",
    "jobs": "jobs of a run's attempt, and whether webhooks told of all of them",
    "annotations": "annotations of a job, and which jobs have some",
    "artifacts": "lists and downloads of artifacts",
    "logs": "logs of jobs",
    "checks": "checks and statuses of commits",
    "deployments": "when a job waited for an approval",
    "other": "the repository, its workflows, pull requests with their comments and changed files, and an App's installations",
}

# GitHub's other API, which is asked for one thing only.
GRAPHQL: Final = "/graphql"

# The paths of each kind, below the repository. What is called anything (a branch, a tag) is one word of a path.
_PATHS: Final = {
    "runs": re.compile(r"actions/(runs(/[^/]+(/attempts/[^/]+)?)?|workflows/[^/]+/runs)"),
    "jobs": re.compile(r"actions/runs/[^/]+(/attempts/[^/]+)?/jobs"),
    "annotations": re.compile(r"check-runs/[^/]+/annotations|check-suites/[^/]+/check-runs"),
    "artifacts": re.compile(r"actions/(artifacts(/.*)?|runs/[^/]+/artifacts)"),
    "logs": re.compile(r"actions/jobs/[^/]+/logs"),
    "checks": re.compile(r"commits/[^/]+/(check-runs|statuses)"),
    "deployments": re.compile(r"deployments(/.*)?"),
}


def kind_of(path: str) -> str:
    """One of KINDS: `jobs` for `/repos/a/b/actions/runs/1/attempts/2/jobs?page=3`."""
    if path == GRAPHQL:
        return "jobs"
    words = path.partition("?")[0].split("/")
    # A page's link may have `/repositories/ID` in place of `/repos/OWNER/NAME`.
    below = "/".join(words[3 if path.startswith("/repositories/") else 4 :])
    return next((kind for kind, paths in _PATHS.items() if paths.fullmatch(below)), "other")


def sentence(counts: Mapping[str, int]) -> str:
    """Counts by kind as text, the most first: `12 requests (jobs 8, runs 4)`."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    total = sum(counts.values())
    requests = f"{total} request{'' if total == 1 else 's'}"
    return f"{requests} ({', '.join(f'{kind} {count}' for kind, count in ranked)})" if total else requests
