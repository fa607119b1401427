"""Three workers on fifty repositories, killed at random: in the end every point is there, once."""

import asyncio
import os
from pathlib import Path
from random import Random

import pytest

from etl.demo.server import SimulatedGitHub
from tests.cli.running import COMMAND
from tests.influxd import Influxd
from tests.postgres import Postgres
from tests.workers.crew import crew, histories, points, settings

FULL = os.environ.get("CHAOS") == "full"
REPOSITORIES = 50
SEEDS = range(5) if FULL else range(1)
KILLS = 15 if FULL else 5

ALL_SYNCED = "SELECT count(*) = 50 FROM repositories WHERE swept_at IS NOT NULL"
ALL_DELIVERED = "SELECT count(*) = 0 FROM outbox"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", SEEDS)
async def test_workers_killed_at_random_lose_and_double_nothing(
    seed: int, tmp_path: Path, influxd: Influxd, postgres: Postgres
) -> None:
    random = Random(seed)  # noqa: S311
    github = SimulatedGitHub(histories(REPOSITORIES, days=3 if FULL else 1), rate_limit=1_000_000)
    async with github:
        async with crew(tmp_path, github, influxd, postgres) as workers:
            await workers.work(3)
            for _ in range(KILLS):
                await asyncio.sleep(random.uniform(0.5, 2.5))
                await workers.replace(random.randrange(3))
            await workers.until(ALL_SYNCED)
            await workers.until(ALL_DELIVERED)
            shared = points(influxd, workers.environment)
            said = workers.said()
        alone = settings(github, influxd, tmp_path)
        process = await asyncio.create_subprocess_exec(COMMAND, "sync", env=alone)
        assert await process.wait() == 0
    assert shared == points(influxd, alone)
    assert len(shared) > 1_000
    assert '"level": "error"' not in said
