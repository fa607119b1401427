import asyncio
import random
from datetime import UTC, datetime, timedelta

import pytest

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, contents, settings_for

SINCE = "30d"


@pytest.fixture
def history():
    return ending(synthetic(days=6, pushes=6), datetime.now(UTC).date() - timedelta(days=1))


async def test_the_same_backfill_twice_leaves_the_same_points(history, tmp_path):
    async with SimulatedGitHub(history) as url:
        ci = Ci(tmp_path, **settings_for(url))
        first = await ci("backfill", "--since", SINCE)
        once = contents(tmp_path)
        second = await ci("backfill", "--since", SINCE)
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert contents(tmp_path) == once
    assert len(once["job"]) > 100
    assert "acme/rocket" in first.out


async def test_replace_reads_the_range_anew_and_leaves_the_same_points(history, tmp_path):
    async with SimulatedGitHub(history) as url:
        ci = Ci(tmp_path, **settings_for(url))
        await ci("backfill", "--since", SINCE)
        once = contents(tmp_path)
        middle = (datetime.now(UTC) - timedelta(days=4)).date().isoformat()
        replaced = await ci("backfill", "--since", middle, "--replace")
    assert replaced.code == 0, replaced.err
    assert contents(tmp_path) == once


async def test_replace_renames_what_settings_name_differently(history, tmp_path):
    async with SimulatedGitHub(history) as url:
        ci = Ci(tmp_path, **settings_for(url))
        assert (await ci("sync")).code == 0
        ci.environment["CI_HEALTH_BRANCHES"] = "feature-*"
        refused = await ci("sync")
        replaced = await ci("backfill", "--since", SINCE, "--replace")
        assert (await ci("sync")).code == 0
        fresh = Ci(tmp_path / "fresh", **ci.environment)
        fresh.folder.mkdir()
        assert (await fresh("backfill", "--since", SINCE)).code == 0
    assert refused.code == 2
    assert "branches changed" in refused.err
    assert "--replace" in refused.err
    assert replaced.code == 0, replaced.err
    assert contents(tmp_path) == contents(fresh.folder)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.thorough)])
async def test_killed_at_random_moments_and_resumed_it_equals_one_that_ran_through(history, tmp_path, seed):
    chance = random.Random(seed)  # noqa: S311
    through, killed = tmp_path / "through", tmp_path / "killed"
    through.mkdir()
    killed.mkdir()
    async with SimulatedGitHub(history, rate_limit=100_000) as url:
        assert (await Ci(through, **settings_for(url))("backfill", "--since", SINCE)).code == 0
        ci = Ci(killed, **settings_for(url))
        kills = 0
        for _ in range(12):
            process = await ci.start("backfill", "--since", SINCE)
            waiting = asyncio.create_task(process.communicate())
            await asyncio.wait([waiting], timeout=chance.uniform(0.5, 1.6))
            kills += process.returncode is None
            if process.returncode is None:
                process.kill()
            await waiting
        last = await ci("backfill", "--since", SINCE)
    assert last.code == 0, last.err
    assert kills > 0
    assert contents(killed) == contents(through)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--since", "tomorrow"], "neither a date nor a duration"),
        (["--since", "2026-01-02", "--until", "2026-01-01"], "there is nothing to read"),
    ],
)
async def test_a_wrong_range_is_reported(tmp_path, arguments, expected):
    outcome = await Ci(tmp_path, **settings_for("http://127.0.0.1:9"))("backfill", *arguments)
    assert outcome.code == 2
    assert expected in outcome.err
    assert "Traceback" not in outcome.err
