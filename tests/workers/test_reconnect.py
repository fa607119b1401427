"""A PostgreSQL that is away: as a worker starts, while it works, and as it stops."""

import asyncio
import signal
from contextlib import closing
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from etl.demo.server import SimulatedGitHub
from etl.state import postgres as state_tables
from etl.state.state import State
from etl.workers import schema as queue_tables
from etl.workers.locks import RepositoryLocks
from etl.workers.queue import Pace, open_queue
from tests.http.serving import until
from tests.influxd import Influxd
from tests.postgres import Postgres
from tests.selection import FULL
from tests.waiting import HANGS_S
from tests.workers.crew import crew, histories

HELD_UP = """
SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
CUT_HELD_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'
"""
# Whoever has these keeps a worker that starts from going on: in its state, in its queue, and in between.
IN_THE_WAY = {
    "tables of the state": f"SELECT pg_advisory_lock({state_tables._MAKING})",
    "tables of the queue": f"SELECT pg_advisory_lock({queue_tables._LOCK})",
    "settings that are remembered": "BEGIN; INSERT INTO facts (name, value) VALUES ('naming', '{}')",
}


@pytest.fixture
def github() -> SimulatedGitHub:
    return SimulatedGitHub(histories(1), rate_limit=1_000_000)


@pytest.mark.parametrize("what", IN_THE_WAY)
async def test_a_worker_that_loses_its_connection_as_it_starts_tries_again(
    what: str, tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        State(postgres.url(workers.database)).close()
        with closing(postgres.connect(workers.database)) as other:
            other.execute(IN_THE_WAY[what])
            await workers.work(1)
            await workers.until(HELD_UP)
            with postgres.connect() as connection:
                # Not who is in the way: should it go first, what was held up would come to its end.
                connection.execute(CUT_HELD_UP, [workers.database])
            await workers.until_said("the state cannot be used yet")
        await workers.until_said('"serving"')


async def test_a_worker_waits_for_a_server_that_is_away_as_it_starts(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        with postgres.away(workers.database):
            await workers.work(2)
            await workers.until_said("the state cannot be used yet", times=2)
            assert await workers.kill(0, signal.SIGTERM) == 0
            assert workers.workers[1].returncode is None
        await workers.until_said('"serving"', log=workers.log(1))


async def test_a_worker_stops_in_time_while_the_server_is_away(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        await workers.work(1)
        await workers.until("SELECT count(*) > 0 FROM runs")
        with postgres.away(workers.database):
            # The chart lets Kubernetes wait for a minute: `make night` holds it to that, on an idle machine.
            async with asyncio.timeout(45 if FULL else HANGS_S):
                assert await workers.kill(0, signal.SIGTERM) == 0
        assert "Traceback" not in workers.said()


async def test_a_repository_can_be_held_again_once_the_server_is_back(postgres: Postgres) -> None:
    name = postgres.database()
    pace = Pace(limit=60.0, tick=60, stalled=30.0, poll=0.1)
    with capture_logs() as logs:
        async with open_queue(postgres.url(name), pace) as queue:
            # What a service has, and what makes Procrastinate's worker end when it can no longer listen.
            queue.app.periodic(cron="0 0 1 1 *")(queue.app.task(name="yearly")(print))
            holds = RepositoryLocks(queue)
            async with holds.hold("acme/rocket"):
                pass
            with closing(postgres.connect(name)) as other:
                await until(lambda: not other.execute("SELECT FROM procrastinate_jobs").fetchall())
            with postgres.away(name):
                await until(
                    lambda: "the queue cannot be reached: trying again" in [one["event"] for one in logs]
                )
            async with asyncio.timeout(HANGS_S), holds.hold("acme/rocket"):
                pass
            await holds.close()
