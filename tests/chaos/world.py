"""All that a scenario needs: a simulated GitHub, a real InfluxDB behind a proxy, the real process."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import chain, count
from pathlib import Path
from typing import Any

from etl.demo.history import History, ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from etl.model.points import Point
from etl.model.schema import MEASUREMENTS
from tests.chaos.process import Process
from tests.chaos.proxy import InfluxProxy
from tests.influxd import Influxd
from tests.load.stores import ReadBack
from tests.pipeline.world import BY_SYNC
from tests.waiting import HANGS_S

GITHUB_TOKEN = "ghp_secretOfTheChaosTests0123456789abcdef"

Points = dict[str, list[Point]]

_numbers = count(1)


def small_history() -> History:
    """Two days of a project, which ended yesterday."""
    return yesterday(synthetic(days=2, pushes=4))


def yesterday(history: History) -> History:
    """The history, ending yesterday."""
    return ending(history, datetime.now(UTC).date() - timedelta(days=1))


def points_of(influxd: Influxd, bucket: str) -> Points:
    """Every point of a bucket but those that depend on when there was a sync, past the code under test."""
    read = ReadBack(influxd, bucket)
    return {name: read(measurement) for name, measurement in MEASUREMENTS.items() if name not in BY_SYNC}


@dataclass(slots=True)
class World:
    """One scenario: `processes` are all that were started in it, `bucket` is its own."""

    folder: Path
    influxd: Influxd
    github: SimulatedGitHub
    proxy: InfluxProxy
    bucket: str
    settings: dict[str, str] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)

    @property
    def data(self) -> Path:
        """The data folder."""
        return self.folder / ".ci-health"

    def environment(self) -> dict[str, str]:
        """The settings, as variables."""
        return {
            "CI_HEALTH_REPOSITORIES": "acme/rocket",
            "CI_HEALTH_GITHUB__API_URL": self.github.url,
            "GITHUB_TOKEN": GITHUB_TOKEN,
            "CI_HEALTH_INFLUXDB__URL": self.proxy.url,
            "CI_HEALTH_INFLUXDB__ORG": self.influxd.org,
            "CI_HEALTH_INFLUXDB__BUCKET": self.bucket,
            "CI_HEALTH_INFLUXDB__TOKEN": self.influxd.token,
            "CI_HEALTH_INTERVAL": "1s",
            "CI_HEALTH_HTTP__PORT": "0",
            **self.settings,
        }

    async def start(self, *arguments: str, wrapper: Sequence[str] = ()) -> Process:
        """Start `ci-health` with arguments."""
        process = Process(self.folder, self.environment(), wrapper)
        self.processes.append(process)
        return await process.start(*arguments)

    async def run(self, *arguments: str) -> tuple[int, Process]:
        """Run a command to its end: exit code and process."""
        process = await self.start(*arguments)
        return await process.end(), process

    async def delivered(self) -> None:
        """Wait until a sync has ended after now and nothing waits in the outbox."""
        process = self.processes[-1]
        await process.until("synced", count=len(process.events("synced")) + 2)
        await self.emptied()

    async def emptied(self) -> None:
        """Wait until nothing but the newest `etl` points waits in the outbox."""
        await self.wait_until(lambda: self.waiting() <= 1)

    async def wait_until(self, holds: Callable[[], bool]) -> None:
        """Wait for something that comes about outside."""
        async with asyncio.timeout(HANGS_S):
            while not holds():
                assert self.processes[-1].running, self.processes[-1].text
                await asyncio.sleep(0.02)

    def waiting(self) -> int:
        """Points in the outbox, read past the code under test."""
        return int(self.ask("SELECT coalesce(sum(points), 0) FROM outbox")[0][0])

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the state file itself, which the process has open."""
        with sqlite3.connect(
            f"file:{self.data / 'state.sqlite'}?mode=ro", uri=True, timeout=HANGS_S
        ) as connection:
            found = connection.execute(query).fetchall()
        connection.close()
        return found

    def put(self, repository: str, lines: Sequence[bytes]) -> None:
        """Put points into the outbox of a process that does not run."""
        with sqlite3.connect(self.data / "state.sqlite") as connection:
            connection.execute(
                "INSERT INTO outbox (repository, points, lines, added_at) VALUES (?, ?, ?, 0)",
                (repository, len(lines), b"\x00".join(lines)),
            )
        connection.close()

    def create_bucket(self) -> None:
        """Create the scenario's bucket before ci-health does."""
        self.influxd.call("POST", "/api/v2/buckets", {"orgID": self._org_id(), "name": self.bucket})

    def shorten_retention(self) -> None:
        """Let the bucket keep an hour."""
        rule = {"type": "expire", "everySeconds": 3_600, "shardGroupDurationSeconds": 3_600}
        rules = {"retentionRules": [rule]}
        self.influxd.call("PATCH", f"/api/v2/buckets/{self._bucket_id()}", rules)

    def write(self, lines: Sequence[bytes]) -> None:
        """Write past ci-health."""
        self.influxd.write(self.bucket, lines)

    def delete_foreign(self) -> None:
        """Delete what was written past ci-health for the repository `x`."""
        asked = {"start": "1970-01-01T00:00:00Z", "stop": "2100-01-01T00:00:00Z", "predicate": "repository=x"}
        self.influxd.call("POST", f"/api/v2/delete?org={self.influxd.org}&bucket={self.bucket}", asked)

    def new_token(self) -> dict[str, Any]:
        """A token that may read and write the bucket, and nothing else."""
        resource = {"type": "buckets", "id": self._bucket_id()}
        permissions = [{"action": action, "resource": resource} for action in ("read", "write")]
        asked = {"orgID": self._org_id(), "permissions": permissions}
        token: dict[str, Any] = self.influxd.call("POST", "/api/v2/authorizations", asked)
        return token

    def set_token(self, token: dict[str, Any], status: str) -> None:
        """Let a token be `active` or `inactive`."""
        self.influxd.call("PATCH", f"/api/v2/authorizations/{token['id']}", {"status": status})

    def _org_id(self) -> str:
        return str(self.influxd.call("GET", f"/api/v2/orgs?org={self.influxd.org}")["orgs"][0]["id"])

    def _bucket_id(self) -> str:
        return str(self.influxd.call("GET", f"/api/v2/buckets?name={self.bucket}")["buckets"][0]["id"])

    def points(self) -> Points:
        """Every point in the bucket but those that depend on when there was a sync; links without GitHub's port."""
        found = points_of(self.influxd, self.bucket)
        for point in chain.from_iterable(found.values()):
            if "url" in point.fields:
                point.fields["url"] = str(point.fields["url"]).removeprefix(self.github.url)
        return found

    def printed(self) -> str:
        """All that any process printed."""
        return "".join(process.text for process in self.processes)

    async def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            await process.kill()


@asynccontextmanager
async def chaos(
    folder: Path, influxd: Influxd, history: History | None = None, **settings: str
) -> AsyncIterator[World]:
    """A world of its own on a server that may be shared."""
    github = SimulatedGitHub(history or small_history(), rate_limit=1_000_000)
    async with github, InfluxProxy(influxd.url) as proxy:
        world = World(folder, influxd, github, proxy, f"chaos-{next(_numbers)}", settings)
        try:
            yield world
        finally:
            await world.close()
