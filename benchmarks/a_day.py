"""Requests of a day that webhooks tell of, swept every hour."""

import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from benchmarks.project import NO_LIMIT, Lines, project, settings_for
from etl.app import open_pipeline
from etl.demo.clock import MovingClock
from etl.demo.history import DAY_S, History
from etl.demo.server import SimulatedGitHub
from etl.demo.webhooks import Hook, timed_hooks
from etl.extract.github.kinds import kind_of
from etl.extract.github.webhooks import parse
from etl.pipeline.delivery import Delivery
from etl.pipeline.sync import sync_all
from etl.pipeline.webhooks import WebhookQueue

_HOUR_S: Final = 3_600
_NOT_MODIFIED: Final = 304


def history(runs: int, jobs: int) -> History:
    """A day of so many runs with a report each, of which one in ten has a failed job."""
    return project(runs, days=1, jobs=jobs, results=5, fails=10 * jobs)


async def counted(whole: History) -> Counter[str]:
    """Requests that count, by kind, from the day's beginning until all is read and confirmed."""
    (repository,) = whole.repositories
    began = min(run.created_at for run in repository.runs) // DAY_S * DAY_S
    clock = MovingClock(began)
    github = SimulatedGitHub(whole, clock=clock, rate_limit=NO_LIMIT)
    name = repository.full_name
    with tempfile.TemporaryDirectory() as folder:
        async with (
            github as url,
            open_pipeline(settings_for(whole, url, Path(folder)), clock=clock) as pipeline,
        ):
            delivery = Delivery(pipeline.state, Lines(), patience=None)
            queue = WebhookQueue(pipeline, delivery, lambda _summary: None)
            for moment, deliveries in _moments(github, began):
                clock.now = moment
                if deliveries:
                    await deliver(queue, name, deliveries)
                    await queue.read(name)
                else:
                    await sync_all(pipeline, delivery, {name: False})
    asked = (request for request in github.log.requests if request.status != _NOT_MODIFIED)
    return Counter(kind_of(request.path) for request in asked)


async def deliver(queue: WebhookQueue, name: str, deliveries: list[Hook]) -> None:
    """What a repository's signed deliveries tell of is queued or kept."""
    for hook in deliveries:
        completion = parse(hook.event, json.dumps(hook.payload).encode())
        if completion is not None:
            await queue.keep(hook.id, name, completion)


def _moments(github: SimulatedGitHub, began: int) -> list[tuple[int, list[Hook]]]:
    """Times of syncs (without deliveries), and of deliveries, in order."""
    last = began + DAY_S + _HOUR_S
    moments: dict[int, list[Hook]] = {moment: [] for moment in range(began, last + 1, _HOUR_S)}
    for moment, hook in timed_hooks(github, began, last):
        # No sync at the very second at which something ends.
        moments.setdefault(moment + 1, []).append(hook)
    return sorted(moments.items(), key=lambda entry: entry[0])
