"""A worker that hands a repository back while the next sync of it already waits: another goes on with it at once.

Nobody is taken for gone here: `stalled` is longer than any of these tests.
"""

import signal
from pathlib import Path

from etl.demo import faults
from etl.demo.server import SimulatedGitHub
from tests.influxd import Influxd
from tests.postgres import Postgres
from tests.workers.crew import Crew, crew, histories
from tests.workers.test_hanging import silent_for

NEVER_S = 3_600.0
SYNCED = "SELECT count(*) = 1 FROM repositories WHERE swept_at IS NOT NULL"
UNDER_WAY_AND_NEXT_WAITS = """
SELECT count(*) = 2 FROM procrastinate_jobs WHERE task_name = 'sync' AND status IN ('todo', 'doing')
"""


def sound(workers: Crew) -> None:
    """Nothing was said of tasks that nobody awaits, and no traceback."""
    said = workers.said()
    assert "Traceback" not in said
    assert "never retrieved" not in said


async def test_one_that_is_told_to_stop_hands_its_sync_over(
    tmp_path: Path, influxd: Influxd, postgres: Postgres
) -> None:
    github = SimulatedGitHub(histories(1), rate_limit=1_000_000)
    github.faults.add("/actions/runs", silent_for("waits"), times=None)
    async with github, crew(tmp_path, github, influxd, postgres, CI_HEALTH_INTERVAL="1s") as workers:
        workers.stalled = NEVER_S
        waiting = await workers.start(GITHUB_TOKEN="waits", CI_HEALTH_GITHUB__TIMEOUT="10m")
        workers.workers.append(waiting)
        await workers.until(UNDER_WAY_AND_NEXT_WAITS, seconds=300)
        await workers.work(1)
        assert await workers.kill(0, signal.SIGTERM) == 0
        await workers.until(SYNCED, seconds=300)
        sound(workers)


async def test_a_sync_that_fails_while_the_next_waits_keeps_nobody_from_it(
    tmp_path: Path, influxd: Influxd, postgres: Postgres
) -> None:
    github = SimulatedGitHub(histories(1), rate_limit=1_000_000)
    github.faults.add("/actions/runs", faults.status(500, "oops"), times=None)
    async with github, crew(tmp_path, github, influxd, postgres, CI_HEALTH_INTERVAL="1s") as workers:
        workers.stalled = NEVER_S
        await workers.work(2)
        await workers.until_said("sync failed", times=2, seconds=300)
        github.faults.clear()
        await workers.until(SYNCED, seconds=300)
        sound(workers)
