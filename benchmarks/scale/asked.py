"""Requests of GitHub that one of each takes, counted by the simulated one."""

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks.a_day import deliver
from benchmarks.project import NO_LIMIT, Lines, project, settings_for, synced
from etl.app import open_pipeline
from etl.demo.history import History
from etl.demo.server import SimulatedGitHub
from etl.demo.webhooks import timed_hooks
from etl.pipeline.delivery import Delivery
from etl.pipeline.sync import sync_all
from etl.pipeline.webhooks import WebhookQueue
from etl.settings import Settings

# Eight runs on each of 31 days: any two that follow each other have one failed job.
_DAYS = 31
_A_DAY = 8


class Asked(NamedTuple):
    """Requests that count against the limit, where not said otherwise.

    `sync`: of a sync that finds runs, beside theirs. `run`: of each run, with five jobs of which one in
    ten failed, its log, and a report. `told`: of a run that webhooks told of, with its jobs. `unchanged`: all requests of a
    sync of the newest two days that finds nothing, answered 304; `whole`: the same of 30 days.
    """

    sync: float
    run: float
    told: float
    unchanged: float
    whole: float


async def asked() -> Asked:
    """What GitHub is asked, which is the same at every run."""
    async with _known(new=4) as (github, settings):
        await synced(settings, Lines(), newest_only=True)
        of_four = github.log.counted
        github.log.clear()
        await synced(settings, Lines(), newest_only=True)
        unchanged = len(github.log.requests)
        github.log.clear()
        await synced(settings, Lines())
        whole = len(github.log.requests)
    async with _known(new=2) as (github, settings):
        await synced(settings, Lines(), newest_only=True)
        of_two = github.log.counted
    run = (of_four - of_two) / 2
    async with _known(new=2) as (github, settings):
        await _told(settings, github)
        of_told = github.log.counted
    return Asked(of_two - 2 * run, run, (of_told - (of_two - 2 * run)) / 2, unchanged, whole)


@asynccontextmanager
async def _known(new: int) -> AsyncIterator[tuple[SimulatedGitHub, Settings]]:
    """A GitHub whose history is known but for its newest runs, and settings to read those with."""
    history = project(_A_DAY * _DAYS, days=_DAYS, results=5)
    github = SimulatedGitHub(_without_newest(history, new), rate_limit=NO_LIMIT)
    with tempfile.TemporaryDirectory() as folder:
        async with github as url:
            settings = settings_for(history, url, Path(folder), since=f"{_DAYS + 2}d")
            await synced(settings, Lines())
            github.history = history
            github.log.clear()
            yield github, settings


def _without_newest(history: History, number: int) -> History:
    (repository,) = history.repositories
    return History([replace(repository, runs=repository.runs[: len(repository.runs) - number])])


async def _told(settings: Settings, github: SimulatedGitHub) -> None:
    """Read the two newest runs one by one as webhooks tell of them, and confirm them by a sync."""
    (repository,) = github.history.repositories
    name, whole = repository.full_name, github.history
    async with open_pipeline(settings) as pipeline:
        delivery = Delivery(pipeline.state, Lines(), patience=None)
        queue = WebhookQueue(pipeline, delivery, lambda _summary: None)
        for left_out in (1, 0):
            github.history = _without_newest(whole, left_out)
            created = github.history.repositories[0].runs[-1].created_at
            deliveries = [hook for _, hook in timed_hooks(github, created - 1, time.time())]
            await deliver(queue, name, deliveries)
            await queue.read(name)
        await sync_all(pipeline, delivery, {name: True})
