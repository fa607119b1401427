"""A small world for scenario tests: a simulated GitHub, a clock that tests move, and the real pipeline."""

import os
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import duckdb

from etl import settings
from etl.app import open_pipeline, open_reader
from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.history import (
    Annotation,
    Attempt,
    History,
    Inheritance,
    Job,
    Repository,
    Run,
    Step,
    Workflow,
)
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from etl.model.schema import ETL, FINDING, MEASUREMENTS
from etl.pipeline.backfill import Range
from etl.pipeline.checks import Finding, findings
from etl.pipeline.context import Pipeline
from etl.pipeline.run_once import backfill_and_deliver, sync_and_deliver
from etl.pipeline.summary import Summary
from etl.settings import Settings

__all__ = [
    "BY_SYNC",
    "DAY",
    "HOUR",
    "NAME",
    "NOON",
    "Annotation",
    "History",
    "Inheritance",
    "Job",
    "MovingClock",
    "Repository",
    "Step",
    "Workflow",
    "World",
    "attempt",
    "faults",
    "inherited",
    "job",
    "run",
    "simulated",
    "synthetic",
]

HOUR, DAY = 3_600, 86_400
# What depends on when there was a sync, and on what it saw then.
BY_SYNC = {ETL.name, FINDING.name}
NAME = "acme/rocket"
NOON = int(datetime(2026, 3, 2, 12, tzinfo=UTC).timestamp())
CI = Workflow(7, "CI", ".github/workflows/ci.yml")

Rows = list[dict[str, Any]]

_ids = count(1_001)


def job(name: str, started: int, seconds: int | None = 60, conclusion: str = "success", **more: Any) -> Job:
    """A job that starts at `started`; without `seconds` it never ends."""
    ended = None if seconds is None else started + seconds
    return Job(next(_ids), name, started - 5, started, ended, conclusion, **more)


def inherited(earlier: Job, way: Inheritance, attempt_started: int) -> Job:
    """The job as a later attempt lists it."""
    created = attempt_started + 1 if way is Inheritance.RECREATE else earlier.created_at
    return Job(
        next(_ids),
        earlier.name,
        created,
        earlier.started_at,
        earlier.completed_at,
        earlier.conclusion,
        inherited=way,
    )


def attempt(started: int, *jobs: Job) -> Attempt:
    """An attempt with its jobs."""
    return Attempt(started, jobs)


def run(created: int, *attempts: Attempt, workflow: int = CI.id, **more: Any) -> Run:
    """A run; without attempts it ends as it begins, without jobs."""
    number = next(_ids)
    return Run(number, number, workflow, created, attempts or (Attempt(created),), head_sha="abc123", **more)


@dataclass(slots=True)
class World:
    """Everything there is. `data` names a data folder, hence a state and a store of its own."""

    folder: Path
    clock: MovingClock
    github: SimulatedGitHub

    @property
    def repository(self) -> Repository:
        """The first repository."""
        return self.github.history.repositories[0]

    def add(self, *runs: Run) -> None:
        """More runs of the first repository."""
        self.repository.runs.extend(runs)

    def settings(self, data: str = "data", **overrides: Any) -> Settings:
        """Settings of the pipeline; nothing of the machine's own is read."""
        overrides["github"] = {"api_url": self.github.url, "token": "one"} | overrides.get("github", {})
        values = {"repositories": [NAME], "data_dir": str(self.folder / data), "since": "1d"} | overrides
        return settings.load({}, file=Path(os.devnull), overrides=values)

    def pipeline(self, data: str = "data", **overrides: Any) -> AbstractAsyncContextManager[Pipeline]:
        """The real pipeline, opened as a process does."""
        return open_pipeline(self.settings(data, **overrides), clock=self.clock)

    async def sync(self, data: str = "data", **overrides: Any) -> list[Summary]:
        """A sync by a process of its own; its summaries."""
        async with self.pipeline(data, **overrides) as pipeline:
            summaries, delivery = await sync_and_deliver(pipeline)
        assert delivery.rejected == 0
        return summaries

    async def sync_well(self, data: str = "data", **overrides: Any) -> Summary:
        """A sync of the one repository in which all goes well."""
        (summary,) = await self.sync(data, **overrides)
        assert summary.error is None
        return summary

    async def findings(self, data: str = "data", **overrides: Any) -> list[Finding]:
        """What `check` finds."""
        async with open_reader(self.settings(data, **overrides), clock=self.clock) as pipeline:
            return [finding async for finding in findings(pipeline)]

    async def backfill(
        self,
        start: int,
        stop: int | None,
        data: str = "data",
        *,
        replace: bool = False,
        force: bool = False,
        **overrides: Any,
    ) -> Summary:
        """A backfill of the one repository."""
        asked = Range(start, stop, replace, force)
        async with self.pipeline(data, **overrides) as pipeline:
            (summary,), _ = await backfill_and_deliver(pipeline, asked, lambda *_: None)
        return summary

    async def backfill_well(self, start: int, stop: int, data: str = "data") -> Summary:
        """A backfill of the one repository in which all goes well."""
        summary = await self.backfill(start, stop, data)
        assert summary.error is None
        return summary

    def points(self, measurement: str, data: str = "data") -> Rows:
        """All points of a measurement in the embedded store, in order of time."""
        path = self.folder / data / "ci-health.duckdb"
        with duckdb.connect(path, read_only=True) as connection:
            cursor = connection.execute(f"SELECT * FROM {measurement} ORDER BY ALL")  # noqa: S608
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def all_points(self, data: str = "data") -> dict[str, Rows]:
        """All points of all measurements, but for those that depend on when there was a sync."""
        return {name: self.points(name, data) for name in MEASUREMENTS if name not in BY_SYNC}


@asynccontextmanager
async def simulated(folder: Path, history: History | None = None, **more: Any) -> AsyncIterator[World]:
    """A world with the one repository acme/rocket and its workflow CI, at noon."""
    clock = MovingClock(NOON)
    github = SimulatedGitHub(history or History([Repository(42, NAME, [CI])]), clock=clock, **more)
    async with github:
        yield World(folder, clock, github)
