"""Simulated projects of any size, synced by the real pipeline."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from etl.app import open_pipeline
from etl.demo.history import (
    DAY_S,
    Annotation,
    Artifact,
    Attempt,
    History,
    Job,
    Log,
    Repository,
    Run,
    Workflow,
)
from etl.demo.suites import archive, execute, plan_suite, report
from etl.load.store import Slice
from etl.model.writes import Row, WriteResult
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.pipeline.sync import sync_all
from etl.settings import Settings, load

NO_LIMIT = 100_000_000


def settings_for(history: History, url: str, folder: Path, **changes: Any) -> Settings:
    """Settings of a process that reads this history from `url` and keeps its state in the folder."""
    overrides = {
        "repositories": [repository.full_name for repository in history.repositories],
        "github": {"token": "benchmark", "api_url": url},
        "since": history.start.date().isoformat(),
        "data_dir": str(folder),
    }
    return load({}, file=Path("/dev/null"), overrides=overrides | changes)


async def synced(settings: Settings, store: "Lines", *, newest_only: bool = False) -> list[Summary]:
    """A sync of all repositories to its end, points delivered."""
    async with open_pipeline(settings) as pipeline:
        delivery = Delivery(pipeline.state, store, patience=None)
        summaries = await sync_all(pipeline, delivery, dict.fromkeys(settings.repositories, newest_only))
        await delivery.drain()
    return summaries


def project(
    runs: int,
    *,
    days: int = 30,
    jobs: int = 5,
    results: int = 20,
    repositories: int = 1,
    fails: int = 10,
) -> History:
    """Repositories with so many completed runs each, spread over whole days that ended yesterday.

    One job in `fails` fails; the first job of a run uploads a report of so many results.
    """
    return History(
        [_repository(index + 1, runs, days, jobs, results, fails=fails) for index in range(repositories)]
    )


def _repository(number: int, runs: int, days: int, jobs: int, results: int, *, fails: int) -> Repository:
    random = Random(number)  # noqa: S311
    plans = plan_suite(random, "acme", tests=results, flaky=[0.3] * min(2, results))
    reports = [archive([("junit.xml", report(execute(random, plans, day=0)))]) for _ in range(5)]
    start = int(time.time()) // DAY_S * DAY_S - days * DAY_S
    made = Repository(number, f"acme/r{number}", [Workflow(1, "CI", ".github/workflows/ci.yml")])
    for index in range(runs):
        began = start + index * days * DAY_S // runs
        first = (number * runs + index) * (jobs + 2) + 1
        own = [
            _job(first + 1 + place, began, place, failed=(index * jobs + place) % fails == 0)
            for place in range(jobs)
        ]
        if results:
            artifact = Artifact(first, "junit", began + 600, reports[index % len(reports)])
            own[0] = replace(own[0], artifacts=(artifact,))
        made.runs.append(
            Run(first, index + 1, 1, began, (Attempt(began, tuple(own)),), head_sha=f"{first:040x}")
        )
    return made


def _job(number: int, began: int, place: int, *, failed: bool) -> Job:
    return Job(
        number,
        f"unit ({place})",
        began,
        began + 5,
        began + 600,
        "failure" if failed else "success",
        annotations=(Annotation("Process completed with exit code 1."),) if failed else (),
        log=Log("unit.go:12:4: error: undefined: limit") if failed else Log(),
    )


class Lines:
    """A store that keeps lines, or hands them to `take`."""

    address = "memory"
    is_missing = False

    def __init__(self, take: Callable[[Sequence[bytes]], None] | None = None) -> None:
        self.lines: list[bytes] = []
        self._take = take or self.lines.extend

    async def prepare(self) -> None:
        """Nothing to do."""

    async def probe(self) -> None:
        """It always works."""

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        """All are accepted."""
        self._take(lines)
        return WriteResult(len(lines))

    async def query(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """No question is asked."""
        raise NotImplementedError(name)

    async def export(self, wanted: Slice, file: Path) -> None:
        """Nothing is exported."""
        raise NotImplementedError(wanted.measurement.name)

    async def delete(self, repository: str, start: datetime, stop: datetime) -> None:
        """Nothing is deleted."""

    async def oldest(self) -> int:
        """All is kept."""
        return 0

    async def close(self) -> None:
        """Nothing is held."""
