"""Workers that do not die, and do not go on either."""

import asyncio
import signal
from pathlib import Path

import pytest
from aiohttp import web

from etl.demo.app import token_of
from etl.demo.faults import Respond
from etl.demo.server import SimulatedGitHub
from tests.influxd import Influxd
from tests.postgres import Postgres
from tests.workers.crew import crew, for_a_night, histories, points

ALL_SYNCED = "SELECT count(*) = 4 FROM repositories WHERE swept_at IS NOT NULL"
ALL_DELIVERED = "SELECT count(*) = 0 FROM outbox"
ALL_DONE = """
SELECT count(*) = 0 FROM procrastinate_jobs WHERE task_name = 'sync' AND status IN ('todo', 'doing')
"""
TAKEN = "SELECT turn = 1 FROM repositories WHERE name = 'acme/r00'"
CURSORS = "SELECT name, cursor, turn FROM repositories ORDER BY name"


def silent_for(token: str) -> Respond:
    """No answer to one worker, whose token this is; the others are answered."""

    async def respond(request: web.Request, go_on: object) -> web.StreamResponse:
        if token_of(request) == token:
            await asyncio.sleep(600)
        return await go_on()  # type: ignore[operator,no-any-return]

    return respond


@pytest.fixture
def github() -> SimulatedGitHub:
    return SimulatedGitHub(histories(4), rate_limit=1_000_000)


@for_a_night
async def test_a_task_that_hangs_is_lost_to_another_worker(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    github.faults.add("/repos/acme/r00/actions/runs", silent_for("hangs"), times=None)
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        workers.limit = 3.0
        hanging = await workers.start(GITHUB_TOKEN="hangs", CI_HEALTH_GITHUB__TIMEOUT="10m")
        workers.workers.append(hanging)
        await workers.until(TAKEN)
        await workers.work(1)
        await workers.until(ALL_SYNCED)
        assert hanging.returncode is None
        assert "a sync took longer than state.task_limit" in workers.said()


async def test_a_task_that_cannot_be_cancelled_is_taken_and_what_it_does_later_counts_for_nothing(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    awaited = tmp_path / "go-on"
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        # Late enough that a busy machine takes nobody for gone who only hangs.
        workers.limit, workers.stalled = 2.0, 6.0
        hanging = await workers.start(module="stubborn", AWAITS=str(awaited))
        workers.workers.append(hanging)
        await workers.until(TAKEN)
        await workers.work(1)
        await workers.until(ALL_SYNCED)
        await workers.until(ALL_DONE)
        await workers.until(ALL_DELIVERED)
        before, stored = workers.ask(CURSORS), points(influxd, workers.environment)
        assert "it takes longer than state.task_limit" in workers.said()
        awaited.touch()
        await workers.until_said("another process works on acme/r00 now")
        assert hanging.returncode is None
        await workers.until(ALL_DELIVERED)
        assert (workers.ask(CURSORS), points(influxd, workers.environment)) == (before, stored)
        # It works on with the others.
        assert '"level": "error"' not in workers.said()


@for_a_night
async def test_a_worker_that_was_stopped_and_goes_on_finds_its_work_done(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        await workers.work(1)
        await workers.until("SELECT count(*) > 0 FROM runs")
        workers.workers[0].send_signal(signal.SIGSTOP)
        await workers.work(1)
        await workers.until(ALL_SYNCED)
        workers.workers[0].send_signal(signal.SIGCONT)
        await workers.until(ALL_DELIVERED)
        assert await workers.kill(0, signal.SIGTERM) == 0
        assert '"level": "error"' not in workers.said()
