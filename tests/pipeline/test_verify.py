"""Verification on a simulated organisation: it finds exactly the holes that were cut by hand, in both stores."""

import os
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pytest

from etl.app import open_pipeline
from etl.demo import faults
from etl.demo.history import History, Repository, ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from etl.model.points import NANOSECONDS
from etl.model.schema import ETL, MEASUREMENTS
from etl.pipeline.comparison import Entry
from etl.pipeline.run_once import sync_and_deliver, verify_and_deliver
from etl.pipeline.verification import Verification
from etl.settings import InfluxSettings, Settings, load
from tests.influxd import Influxd
from tests.load.stores import ReadBack

DAY = 86_400
ROCKET, BALLOON = "acme/rocket", "acme/balloon"

Points = dict[str, list[dict[str, Any]]]


class Store(Protocol):
    """A store past the code under test."""

    def points(self) -> Points: ...

    def cut(self, measurement: str, repository: str, time: int) -> None: ...


@dataclass
class Duck:
    file: Path

    def points(self) -> Points:
        with duckdb.connect(self.file, read_only=True) as connection:
            found = {}
            for name in MEASUREMENTS.keys() - {ETL.name}:
                cursor = connection.execute(f"SELECT * FROM {name} ORDER BY ALL")  # noqa: S608
                columns = [column[0] for column in cursor.description or ()]
                found[name] = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
        return found

    def cut(self, measurement: str, repository: str, time: int) -> None:
        with duckdb.connect(self.file) as connection:
            query = f"DELETE FROM {measurement} WHERE repository = ? AND time = ?"  # noqa: S608
            connection.execute(query, [repository, time])


@dataclass
class Influx:
    influxd: Influxd
    bucket: str

    def points(self) -> Points:
        read = ReadBack(self.influxd, self.bucket)
        return {
            name: [{"time": point.time, **point.tags, **point.fields} for point in read(measurement)]
            for name, measurement in MEASUREMENTS.items()
            if name != ETL.name
        }

    def cut(self, measurement: str, repository: str, time: int) -> None:
        second, nanosecond = divmod(time, NANOSECONDS)
        at = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{nanosecond:09d}Z"
        predicate = f'_measurement="{measurement}" AND repository="{repository}"'
        asked = {"start": at, "stop": at, "predicate": predicate}
        self.influxd.call("POST", f"/api/v2/delete?org={self.influxd.org}&bucket={self.bucket}", asked)


@dataclass
class Org:
    """A simulated organisation of two repositories, which was synced into a store."""

    github: SimulatedGitHub
    settings: Settings
    store: Store

    async def sync(self) -> None:
        async with open_pipeline(self.settings) as pipeline:
            summaries, delivery = await sync_and_deliver(pipeline)
        assert [one.error for one in summaries] == [None, None]
        assert (delivery.trouble, delivery.rejected, delivery.expired) == (None, 0, 0)

    async def verify(self, *, repair: bool = False, most: int = 10_000, days: int = 4) -> list[Verification]:
        async with open_pipeline(self.settings) as pipeline:
            since = int(pipeline.clock()) - days * DAY
            found, delivery = await verify_and_deliver(pipeline, since, most=most, repair=repair)
        assert delivery.trouble is None
        assert [one.error for one in found] == [None, None]
        return found

    def repository(self, name: str) -> Repository:
        found = self.github.repository(name)
        assert found is not None
        return found

    def cut_run(self, repository: str, run: int, attempt: int) -> list[Entry]:
        """Cut an attempt and all jobs that it ran; what was cut."""
        points = self.store.points()
        where = {"repository": repository, "run_id": run, "attempt": str(attempt)}
        cut = []
        for name in ("workflow_run", "job"):
            for point in points[name]:
                if where.items() <= point.items():
                    self.store.cut(name, repository, point["time"])
                    cut.append(Entry(run, attempt, point.get("job_id")))
        assert cut
        return cut

    def cut_jobs(self, repository: str, count: int) -> list[Entry]:
        """Cut some jobs at random; what was cut."""
        jobs = [one for one in self.store.points()["job"] if one["repository"] == repository]
        chosen = random.Random(count).sample(jobs, count)  # noqa: S311
        for job in chosen:
            self.store.cut("job", repository, job["time"])
        return [Entry(job["run_id"], int(job["attempt"]), job["job_id"]) for job in chosen]


def organisation() -> History:
    """Two repositories of some days, which ended yesterday."""
    rocket = synthetic(days=2, pushes=3).repositories[0]
    balloon = synthetic(days=2, pushes=2, seed=2).repositories[0]
    balloon = replace(balloon, id=rocket.id + 1, full_name=BALLOON)
    return ending(History([rocket, balloon]), datetime.now(UTC).date() - timedelta(days=1))


@pytest.fixture(params=["duckdb", "influxdb"])
async def org(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Org]:
    """The organisation, synced into one of the stores."""
    github = SimulatedGitHub(organisation(), rate_limit=1_000_000)
    async with github as url:
        overrides: dict[str, Any] = {
            "repositories": [ROCKET, BALLOON],
            "github": {"api_url": url, "token": "t"},
            "data_dir": str(tmp_path),
            "tests": {"points": "failed"},
        }
        store: Store = Duck(tmp_path / "ci-health.duckdb")
        if request.param == "influxdb":
            influx: InfluxSettings = request.getfixturevalue("influx_settings")
            overrides["influxdb"] = {**influx.model_dump(), "token": influx.token.get_secret_value()}
            store = Influx(request.getfixturevalue("influxd"), influx.bucket)
        made = Org(github, load({}, file=Path(os.devnull), overrides=overrides), store)
        await made.sync()
        yield made


def in_order(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (entry.run, entry.attempt, entry.job or 0))


async def test_it_finds_the_holes_that_were_cut_and_no_other_and_repairs_them(org: Org) -> None:
    whole = org.store.points()
    for found in await org.verify():
        assert (found.missing, found.extra, found.unread, found.unchecked) == ([], [], 0, 0)
        assert found.jobs == sum(one["repository"] == found.repository for one in whole["job"])
        assert found.attempts == sum(one["repository"] == found.repository for one in whole["workflow_run"])
    rerun = next(run for run in org.repository(ROCKET).runs if len(run.attempts) > 1)
    cut = org.cut_run(ROCKET, rerun.id, 1)
    cut += [entry for entry in org.cut_jobs(ROCKET, 5) if entry not in cut]
    rocket, balloon = await org.verify()
    assert in_order(rocket.missing) == in_order(cut)
    assert (rocket.extra, balloon.missing, balloon.extra) == ([], [], [])
    rocket, balloon = await org.verify(repair=True)
    assert in_order(rocket.repaired) == in_order(cut)
    assert (rocket.missing, balloon.repaired, balloon.missing) == ([], [], [])
    assert org.store.points() == whole
    assert [found.missing for found in await org.verify()] == [[], []]


async def test_what_github_has_deleted_is_named_and_kept(org: Org) -> None:
    whole = org.store.points()
    runs = org.repository(BALLOON).runs
    gone = runs.pop(len(runs) // 2)
    _, balloon = await org.verify(repair=True)
    stored = [one for one in whole["job"] if one["repository"] == BALLOON and one["run_id"] == gone.id]
    attempts = [Entry(gone.id, number) for number, _ in enumerate(gone.attempts, 1)]
    jobs = [Entry(gone.id, int(one["attempt"]), one["job_id"]) for one in stored]
    assert in_order(balloon.extra) == in_order([*attempts, *jobs])
    assert balloon.missing == []
    assert org.store.points() == whole


async def test_few_requests_are_for_what_is_likely_to_be_missing(org: Org) -> None:
    newest = org.repository(ROCKET).runs[-1]
    cut = org.cut_run(ROCKET, newest.id, 1)
    org.github.log.requests.clear()
    rocket, _ = await org.verify(most=8)
    assert in_order(rocket.missing)[0] == in_order(cut)[0]
    assert set(rocket.missing) <= set(cut)
    assert rocket.unchecked
    assert sum(f"/repos/{ROCKET}" in one.path for one in org.github.log.requests) <= 8 + 2
    rocket, _ = await org.verify(most=2, repair=True)
    assert rocket.days_left
    assert rocket.incomplete


async def test_what_changed_since_the_last_sync_is_no_hole(org: Org) -> None:
    run = org.repository(ROCKET).runs[-1]
    now = int(datetime.now(UTC).timestamp())
    fresh = replace(run, id=run.id + 10_000_000, created_at=now - 600, attempts=())
    org.repository(ROCKET).runs.append(
        replace(fresh, attempts=(replace(run.attempts[0], started_at=now - 600, jobs=()),))
    )
    rocket, _ = await org.verify()
    assert (rocket.missing, rocket.unread) == ([], 1)


async def test_jobs_that_cannot_be_read_are_reported_and_are_no_holes(org: Org) -> None:
    org.github.faults.add("/jobs", faults.status(404, "Not Found"), times=None)
    rocket, _ = await org.verify()
    assert rocket.missing == []


async def test_what_is_open_is_no_hole(org: Org) -> None:
    """A run of which GitHub does not tell the jobs is stored without them; a sync reads them later."""
    newest = org.repository(ROCKET).runs[-1]
    run = replace(newest, id=newest.id + 10_000_000)
    org.repository(ROCKET).runs.append(run)
    org.github.faults.add(f"/runs/{run.id}/.*jobs", faults.status(404, "Not Found"), times=None)
    await org.sync()
    org.github.faults.clear()
    rocket, _ = await org.verify()
    assert (rocket.missing, rocket.extra, rocket.unread) == ([], [], 1)


async def test_a_server_that_numbers_no_attempts_is_asked_for_the_jobs_of_runs(org: Org) -> None:
    """Gitea and Forgejo list each run with attempt 0."""

    def without_numbers(answer: Any) -> Any:
        return {**answer, "workflow_runs": [{**run, "run_attempt": 0} for run in answer["workflow_runs"]]}

    org.github.faults.add(r"/actions/runs\?", faults.changed(without_numbers), times=None)
    org.github.log.requests.clear()
    await org.verify()
    asked = org.github.log.paths("/jobs")
    assert asked
    assert not any("/attempts/" in path for path in asked)
