"""A PostgreSQL that holds the connections and answers nothing: the service answers, and stops."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import aiohttp
import pytest

from etl.demo.server import SimulatedGitHub
from tests.influxd import Influxd, free_port
from tests.postgres import Postgres
from tests.workers.crew import Crew, crew, histories

BACKENDS = "SELECT pid FROM pg_stat_activity WHERE datname = %s"


@contextmanager
def locked_outbox(workers: Crew) -> Iterator[None]:
    with closing(workers.postgres.connect(workers.database)) as other:
        other.execute("BEGIN; LOCK TABLE outbox")
        yield


@contextmanager
def frozen_backends(workers: Crew) -> Iterator[None]:
    with closing(workers.postgres.connect()) as other:
        frozen = [pid for (pid,) in other.execute(BACKENDS, [workers.database])]
    assert frozen
    for pid in frozen:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)


@pytest.mark.parametrize("silent", [locked_outbox, frozen_backends])
async def test_the_service_answers_and_stops_while_the_server_does_not(
    silent, tmp_path: Path, influxd: Influxd, postgres: Postgres
) -> None:
    github, port = SimulatedGitHub(histories(1), rate_limit=1_000_000), free_port()
    async with (
        github,
        crew(tmp_path, github, influxd, postgres, CI_HEALTH_HTTP__PORT=str(port)) as workers,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
    ):
        await workers.work(1)
        await workers.until("SELECT count(*) > 0 FROM runs")
        with silent(workers):
            # Each answer and the end come while the server is still silent: nothing waits for it.
            assert await status(session, "/healthz") == 200
            assert await status(session, "/readyz") == 503
            assert await status(session, "/metrics") == 200
            assert await workers.kill(0, signal.SIGTERM) == 0
        said = workers.said()
        assert "Traceback" not in said, said[-6000:]


async def status(session: aiohttp.ClientSession, path: str) -> int:
    async with session.get(path, timeout=aiohttp.ClientTimeout(60)) as response:
        return response.status


async def test_a_service_that_starts_stops_while_the_server_is_silent(
    tmp_path: Path, influxd: Influxd, postgres: Postgres
) -> None:
    github = SimulatedGitHub(histories(1), rate_limit=1_000_000)
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        await workers.work(1)
        await workers.until("SELECT count(*) > 0 FROM runs")
        # Whoever waits for the lock below is the one that starts.
        assert await workers.kill(0, signal.SIGTERM) == 0
        with closing(postgres.connect(workers.database)) as other:
            other.execute("BEGIN; LOCK TABLE facts")
            await workers.work(1)
            await workers.until(
                "SELECT count(*) > 0 FROM pg_stat_activity "
                "WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            assert await workers.kill(1, signal.SIGTERM) == 0
