"""Killed again and again, the service leaves the points of one that nothing disturbed."""

import os
from pathlib import Path
from random import Random

import pytest

from etl.demo.history import History
from tests.chaos.kills import BOUNDARIES, Killing, plan
from tests.chaos.world import Points
from tests.influxd import Influxd
from tests.selection import FULL

SEED = int(os.environ.get("CHAOS_SEED", "1"))
KILLS = int(os.environ.get("CHAOS_KILLS", "200" if FULL else "6"))


@pytest.mark.timeout(2_400)
async def test_killed_at_random_and_at_every_boundary(
    tmp_path: Path, influxd: Influxd, history: History, undisturbed: Points, record_property
) -> None:
    random = Random(SEED)  # noqa: S311
    killing = Killing(tmp_path, influxd, history, undisturbed, random)
    await killing.all(plan(KILLS, random))
    record_property("measured", f"seed {SEED}, {killing.rounds} rounds, {dict(killing.struck)}")
    assert killing.struck.total() == KILLS
    assert {strike.__name__ for strike in BOUNDARIES} <= set(killing.struck)
