"""Points that an earlier version read by older rules: who is told, and what settles it."""

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

OUTDATED = "test reports are now read by newer rules than the stored points were"


def as_an_earlier_version_left_it(ci):
    with closing(sqlite3.connect(ci.folder / ".ci-health" / "state.sqlite")) as state, state:
        ((value,),) = state.execute("SELECT value FROM facts WHERE name = 'reading'")
        older = {**json.loads(value), "test reports": 1}
        state.execute("UPDATE facts SET value = ? WHERE name = 'reading'", (json.dumps(older),))


async def test_sync_and_check_say_what_helps_until_it_is_done(ci):
    outcome = await ci("sync")
    assert outcome.code == 0
    assert OUTDATED not in outcome.err
    as_an_earlier_version_left_it(ci)
    for command in ("sync", "check"):
        outcome = await ci(command)
        assert outcome.code == 0, outcome
        assert OUTDATED in outcome.out + outcome.err
        assert "ci-health backfill --since DATE --replace" in outcome.out + outcome.err
    since = f"{datetime.now(UTC) - timedelta(days=6):%F}"
    assert (await ci("backfill", "--since", since, "--replace")).code == 0
    outcome = await ci("check")
    assert OUTDATED not in outcome.out + outcome.err


@pytest.mark.thorough
async def test_accept_leaves_the_points_and_says_no_more(ci):
    assert (await ci("sync")).code == 0
    as_an_earlier_version_left_it(ci)
    assert (await ci("sync", "--accept")).code == 0
    outcome = await ci("sync")
    assert (outcome.code, OUTDATED in outcome.err) == (0, False)
