"""A crew of real workers: processes on one PostgreSQL and one InfluxDB, and a simulated GitHub."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest

from etl.demo.history import History, ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.influxd import Influxd
from tests.postgres import Postgres
from tests.waiting import HANGS_S

ROOT = Path(__file__).parent.parent.parent
_buckets = count(1)

# All of it, for a night.
for_a_night = pytest.mark.thorough


def histories(number: int, *, days: int = 1, pushes: int = 1) -> History:
    """So many repositories, each with a history of its own that ended yesterday."""
    repositories = []
    for seed in range(number):
        (one,) = synthetic(seed=seed, days=days, pushes=pushes).repositories
        repositories.append(replace(one, id=1_000 + seed, full_name=f"acme/r{seed:02}"))
    return ending(History(repositories), (datetime.now(UTC) - timedelta(days=1)).date())


@dataclass
class Crew:
    """The workers of one shared state; `environment` are the settings of each.

    A busy machine may keep any of them silent for longer than `stalled` (seconds): then it is taken for
    gone, which costs time and nothing else.
    """

    folder: Path
    environment: dict[str, str]
    postgres: Postgres
    database: str
    limit: float = 60.0
    stalled: float = 2.0
    workers: list[asyncio.subprocess.Process] = field(default_factory=list)
    _logs: dict[int, int] = field(default_factory=dict)

    async def start(
        self, *arguments: str, module: str = "hurried", **variables: str
    ) -> asyncio.subprocess.Process:
        """One more process; its log goes to a file of its own."""
        number = len(self._logs)
        with (self.folder / f"log-{number}").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                f"tests.workers.{module}",
                str(self.limit),
                str(self.stalled),
                *(arguments or ("run",)),
                cwd=ROOT,
                env=self.environment | variables,
                stdout=asyncio.subprocess.PIPE if arguments else log,
                stderr=log,
            )
        self._logs[process.pid] = number
        return process

    async def work(self, number: int) -> None:
        """More workers."""
        self.workers += [await self.start() for _ in range(number)]

    async def replace(self, index: int) -> None:
        """Kill a worker silently, and start another."""
        await self.kill(index)
        self.workers[index] = await self.start()

    def log(self, index: int) -> int:
        """The number of a worker's log."""
        return self._logs[self.workers[index].pid]

    async def kill(self, index: int, how: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal that ends a worker; its exit code."""
        self.workers[index].send_signal(how)
        return await asyncio.wait_for(self.workers[index].wait(), HANGS_S)

    async def stop(self) -> None:
        """End all that still run."""
        for process in self.workers:
            if process.returncode is None:
                process.send_signal(signal.SIGCONT)
                process.terminate()
        for process in self.workers:
            await asyncio.wait_for(process.wait(), HANGS_S)

    def ask(self, query: Any) -> list[tuple[Any, ...]]:
        """Ask the state directly."""
        with psycopg.connect(self.postgres.url(self.database)) as connection:
            return connection.execute(query).fetchall()

    async def until(self, query: Any, *, seconds: float = HANGS_S) -> None:
        """Wait until the state answers a query with true; fails with the workers' logs."""
        try:
            async with asyncio.timeout(seconds):
                while not await asyncio.to_thread(self._holds, query):  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        except TimeoutError:
            jobs: list[Any] | str = "no worker has made the queue yet"
            with suppress(psycopg.errors.UndefinedTable):
                jobs = self.ask(
                    "SELECT task_name, lock, status, attempts FROM procrastinate_jobs "
                    "WHERE status IN ('todo', 'doing')"
                )
            raise AssertionError(f"never: {query}\n{jobs}\n{self.said()[-6000:]}") from None

    async def until_said(
        self, words: str, *, log: int | str = "*", times: int = 1, seconds: float = HANGS_S
    ) -> None:
        """Wait until processes have logged this so many times, or the one with this number has."""
        async with asyncio.timeout(seconds):
            while self.said(log).count(words) < times:  # noqa: ASYNC110
                await asyncio.sleep(0.1)

    def _holds(self, query: Any) -> bool:
        try:
            return any(row[0] for row in self.ask(query))
        except psycopg.errors.UndefinedTable:
            return False

    def said(self, log: int | str = "*") -> str:
        """What all processes logged, or the one with this number."""
        return "\n".join(file.read_text("utf-8") for file in sorted(self.folder.glob(f"log-{log}")))


@asynccontextmanager
async def crew(
    folder: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres, **variables: str
) -> AsyncIterator[Crew]:
    """A crew without workers yet, on a database and a bucket of its own."""
    database = postgres.database()
    (folder / "url").write_text(postgres.url(database), "utf-8")
    environment = settings(github, influxd, folder) | {
        "CI_HEALTH_STATE__URL_FILE": str(folder / "url"),
        **variables,
    }
    made = Crew(folder, environment, postgres, database)
    try:
        yield made
    finally:
        await made.stop()


def settings(github: SimulatedGitHub, influxd: Influxd, folder: Path) -> dict[str, str]:
    """Settings of one process, with a bucket of its own."""
    return {
        "PATH": os.environ["PATH"],
        "CI_HEALTH_HTTP__PORT": "0",
        "LC_ALL": "C.UTF-8",
        "CI_HEALTH_REPOSITORIES": ",".join(item.full_name for item in github.history.repositories),
        "CI_HEALTH_GITHUB__API_URL": github.url,
        "CI_HEALTH_GITHUB__CONCURRENCY": "4",
        "GITHUB_TOKEN": "token-of-a-test",
        "CI_HEALTH_INFLUXDB__URL": influxd.url,
        "CI_HEALTH_INFLUXDB__ORG": influxd.org,
        "CI_HEALTH_INFLUXDB__BUCKET": f"crew-{os.getpid()}-{next(_buckets)}",
        "CI_HEALTH_INFLUXDB__TOKEN": influxd.token,
        "CI_HEALTH_DATA_DIR": str(folder / "data"),
        # Longer than any history here: where a run is old, it must not matter when a worker looked.
        "CI_HEALTH_SINCE": "14d",
        "CI_HEALTH_LOG__FORMAT": "json",
        "CI_HEALTH_INTERVAL": "1h",
    }


def points(influxd: Influxd, environment: dict[str, str]) -> Counter[tuple[str, ...]]:
    """Every field of every point in the bucket, but of those about the ETL itself."""
    query = (
        f'from(bucket: "{environment["CI_HEALTH_INFLUXDB__BUCKET"]}") |> range(start: 0) '
        '|> filter(fn: (r) => r._measurement != "etl") |> drop(columns: ["_start", "_stop"])'
    )
    answer = influxd.text("POST", f"/api/v2/query?org={influxd.org}", {"query": query})
    found: Counter[tuple[str, ...]] = Counter()
    header: list[str] = []
    for line in answer.splitlines():
        cells = line.split(",")
        if "_measurement" in cells:
            header = cells
        elif line:
            found[
                tuple(
                    f"{name}={cell}"
                    for name, cell in zip(header, cells, strict=False)
                    if name not in ("", "table", "result")
                )
            ] += 1
    return found
