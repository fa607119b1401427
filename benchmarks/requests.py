"""Requests to GitHub: of a first sync, of one that finds nothing new, and of a day with webhooks."""

import tempfile
from collections import Counter
from math import ceil
from pathlib import Path

from benchmarks.a_day import counted, history
from benchmarks.measure import Outcome, Size
from benchmarks.project import NO_LIMIT, Lines, project, settings_for, synced
from etl.demo.server import SimulatedGitHub

_KINDS = {
    "/actions/artifacts/": "downloads of reports",
    "/actions/artifacts": "pages of artifacts",
    "/annotations": "annotations",
    "/logs": "logs of failed jobs",
    "/jobs": "jobs",
    "/actions/runs?": "pages of runs",
}


async def run(size: Size) -> list[Outcome]:
    """Requests, which are the same at every run."""
    return [
        await first_sync(size.of(1_000, 60)),
        await nothing_new(size.of(100, 3)),
        await a_day(size.of(400, 200), jobs=size.of(30, 2)),
    ]


async def first_sync(runs: int, days: int = 30, jobs: int = 5) -> Outcome:
    """Completed runs of 30 days with five jobs each, of which one in ten failed, and a report each."""
    history = project(runs, days=days, jobs=jobs)
    with tempfile.TemporaryDirectory() as folder:
        github = SimulatedGitHub(history, rate_limit=NO_LIMIT)
        async with github as url:
            await synced(settings_for(history, url, Path(folder)), Lines())
        paths = github.log.paths()
    failed = sum(
        job.conclusion == "failure"
        for run in history.repositories[0].runs
        for attempt in run.attempts
        for job in attempt.jobs
    )
    per_day = Counter(run.created_at // 86_400 for run in history.repositories[0].runs)
    windows = sum(ceil(number / 100) for number in per_day.values())
    # The day that has begun is a window, too: empty.
    # A failed job takes its annotations and its log.
    allowed = 2 + windows + 1 + runs + 2 * failed + ceil(runs / 100) + runs
    kinds = Counter(_kind(path) for path in paths)
    notes = tuple(f"{number} {kind}" for kind, number in kinds.most_common())
    what = f"requests of a first sync, {runs} runs of {days} days"
    return Outcome(
        "first sync", what, "what the API needs", (len(paths),), (allowed,), "requests", 1.0, notes=notes
    )


async def nothing_new(repositories: int) -> Outcome:
    """A second sync, with nothing new since the first, by the requests that count against the limit."""
    history = project(3, days=3, jobs=2, repositories=repositories)
    with tempfile.TemporaryDirectory() as folder:
        github = SimulatedGitHub(history, rate_limit=NO_LIMIT)
        async with github as url:
            settings = settings_for(history, url, Path(folder))
            await synced(settings, Lines())
            github.log.clear()
            await synced(settings, Lines())
    what = f"a sync with nothing new, {repositories} repositories: requests that count"
    asked = (
        f"{len(github.log.requests)} requests, {len(github.log.requests) - github.log.counted} answered 304"
    )
    return Outcome(
        "nothing new",
        what,
        "repositories",
        (github.log.counted,),
        (repositories,),
        "requests",
        1.0,
        notes=(asked,),
    )


async def a_day(runs: int, *, jobs: int) -> Outcome:
    """A day of which webhooks tell, by the requests that count; one run in ten is red, and each has a report."""
    kinds = await counted(history(runs, jobs))
    red = ceil(runs / 10)
    # The run, its jobs, the list of artifacts and the report; of the failed job, annotations and log.
    asked = 4 * runs + 2 * red
    what = f"requests that count of a day with webhooks, {runs} runs of {jobs} jobs"
    notes = tuple(f"{number} {kind}" for kind, number in kinds.most_common())
    reference = "asking for all that deliveries tell of"
    return Outcome("a day", what, reference, (kinds.total(),), (asked,), "requests", 0.5, notes=notes)


def _kind(path: str) -> str:
    return next((kind for part, kind in _KINDS.items() if part in path), "repository and workflows")
