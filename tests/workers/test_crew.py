"""Three workers on fifty repositories, killed at random: in the end every point is there, once."""

import asyncio
from asyncio.subprocess import DEVNULL
from pathlib import Path
from random import Random

import pytest

from etl.demo import faults
from etl.demo.server import SimulatedGitHub
from etl.extract.github.auth import identity_of
from tests.cli.running import COMMAND
from tests.influxd import Influxd
from tests.postgres import Postgres
from tests.workers.crew import crew, for_a_night, histories, points, settings

SEEDS = range(5)
KILLS = 15

ALL_SYNCED = "SELECT count(*) = 50 FROM repositories WHERE swept_at IS NOT NULL"
ALL_JUDGED = "SELECT count(*) = 50 FROM judgements WHERE unread = 0"
ALL_DELIVERED = "SELECT count(*) = 0 FROM outbox"


@for_a_night
@pytest.mark.parametrize("seed", SEEDS)
async def test_workers_killed_at_random_lose_and_double_nothing(
    seed: int, tmp_path: Path, influxd: Influxd, postgres: Postgres
) -> None:
    random = Random(seed)  # noqa: S311
    github = SimulatedGitHub(histories(50, days=3), rate_limit=1_000_000)
    # So slow that whoever is killed is in the midst of something.
    github.faults.add("/actions/runs/", faults.delay(0.1), times=None)
    async with github:
        # What a busy store keeps from being judged, the next sync judges: it must not be an hour away.
        async with crew(tmp_path, github, influxd, postgres, CI_HEALTH_INTERVAL="10s") as workers:
            await workers.work(3)
            for _ in range(KILLS):
                index = random.randrange(3)
                await workers.until_said('"serving"', log=workers.log(index))
                await asyncio.sleep(random.uniform(0.1, 1.5))
                await workers.replace(index)
            await workers.until(ALL_SYNCED, seconds=300)
            await workers.until(ALL_JUDGED)
            await workers.until(ALL_DELIVERED)
            budgets = workers.ask("SELECT identity, remaining > 0 FROM budgets")
            shared, said = points(influxd, workers.environment), workers.said()
        github.faults.clear()
        alone = settings(github, influxd, tmp_path)
        process = await asyncio.create_subprocess_exec(COMMAND, "sync", env=alone, stderr=DEVNULL)
        assert await process.wait() == 0
    assert shared == points(influxd, alone)
    assert len(shared) > 1_000
    assert budgets == [(identity_of("token-of-a-test"), True)]
    assert "its worker is gone" in said
    assert '"level": "error"' not in said
