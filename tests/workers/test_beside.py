"""Workers and what goes on beside them: commands, limits that are shared, a server that is away."""

import asyncio
import json
import signal
from pathlib import Path

import pytest

from etl.demo import faults
from etl.demo.server import SimulatedGitHub
from tests.influxd import Influxd
from tests.postgres import Postgres
from tests.waiting import HANGS_S
from tests.workers.crew import Crew, crew, for_a_night, histories, points

ALL_SYNCED = "SELECT count(*) = 4 FROM repositories WHERE swept_at IS NOT NULL"
ALL_DELIVERED = "SELECT count(*) = 0 FROM outbox"
HELD = "SELECT count(*) > 0 FROM procrastinate_jobs WHERE task_name = 'hold' AND status = 'doing'"


async def answer(workers: Crew, *arguments: str) -> tuple[int, str]:
    """Exit code and standard output of a command on the shared state."""
    process = await workers.start(*arguments)
    out, _ = await asyncio.wait_for(process.communicate(), HANGS_S)
    assert process.returncode is not None
    return process.returncode, out.decode()


@pytest.fixture
def github() -> SimulatedGitHub:
    return SimulatedGitHub(histories(4), rate_limit=1_000_000)


async def test_commands_at_the_same_time_wait_for_each_other_and_for_workers(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        # Nobody is taken for gone who is only slow.
        workers.stalled = 120.0
        await workers.work(1)
        answers = await asyncio.gather(*(answer(workers, "sync", "--json") for _ in range(2)))
        await workers.until(ALL_SYNCED)
        await workers.until(ALL_DELIVERED)
        assert [code for code, _ in answers] == [0, 0], workers.said()
        for _, out in answers:
            summaries = json.loads(out)
            assert [summary["error"] for summary in summaries] == [None] * 4
        # Whoever came first read a run; nobody read it again.
        read = sum(summary["runs"] for _, out in answers for summary in json.loads(out))
        assert read <= sum(len(one.runs) for one in github.history.repositories)
        assert "was given up" not in workers.said()


@for_a_night
async def test_a_command_that_is_killed_frees_what_it_held(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    github.faults.add("/repos/acme/r00/actions/runs", faults.delay(600))
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        command = await workers.start("sync")
        await workers.until(HELD)
        await asyncio.sleep(1)
        command.kill()
        await command.communicate()
        await workers.work(1)
        await workers.until(ALL_SYNCED)
        await workers.until(ALL_DELIVERED)
        assert points(influxd, workers.environment)


async def test_workers_outlive_a_postgresql_that_restarts(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        workers.environment["CI_HEALTH_INTERVAL"] = "2s"
        await workers.work(2)
        await workers.until("SELECT count(*) > 0 FROM runs")
        for _ in range(3):
            postgres.cut(workers.database)
            await asyncio.sleep(1)
        with postgres.away(workers.database):
            await asyncio.sleep(2)
        await workers.until(ALL_SYNCED)
        await workers.until(ALL_DELIVERED)
        assert [process.returncode for process in workers.workers] == [None, None]
        turns = workers.ask("SELECT min(turn) FROM repositories")[0][0]
        await workers.until(f"SELECT min(turn) > {turns} FROM repositories")  # noqa: S608


@for_a_night
async def test_a_worker_that_is_told_to_stop_hands_back_what_it_has(
    tmp_path: Path, github: SimulatedGitHub, influxd: Influxd, postgres: Postgres
) -> None:
    github.faults.add("/repos/acme/r00/actions/runs", faults.delay(600))
    async with github, crew(tmp_path, github, influxd, postgres) as workers:
        await workers.work(1)
        await workers.until("SELECT count(*) = 3 FROM repositories WHERE swept_at IS NOT NULL")
        assert await workers.kill(0, signal.SIGTERM) == 0
        jobs = workers.ask(
            "SELECT lock, status::text FROM procrastinate_jobs WHERE task_name = 'sync' AND status IN ('todo', 'doing')"
        )
        assert ("acme/r00", "todo") in jobs
        assert "doing" not in [status for _, status in jobs]
        await workers.work(1)
        await workers.until(ALL_SYNCED)
