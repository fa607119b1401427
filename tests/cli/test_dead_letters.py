"""Rejected points: once the cause is mended they are tried again, or discarded, and nothing complains any more."""

import json
import sqlite3
from pathlib import Path

import pytest

from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, settings_for

GOOD = [b"step,repository=acme/rocket,step=%d job_id=7i 1764000000000000000" % number for number in range(3)]
BAD = b"this is no line"


@pytest.fixture
async def ci(tmp_path: Path) -> Ci:
    """A synced folder with four dead letters, of which the store would take three now."""
    async with SimulatedGitHub(synthetic(days=1, pushes=1)) as url:
        ci = Ci(tmp_path, **settings_for(url))
        assert (await ci("sync")).code == 0
    with sqlite3.connect(tmp_path / ".ci-health" / "state.sqlite") as connection:
        connection.executemany(
            "INSERT INTO dead_letters (repository, line, reason, added_at) VALUES (?, ?, ?, 1764000000)",
            [("acme/rocket", line, "no room") for line in GOOD] + [("other/one", BAD, "unable to parse")],
        )
    connection.close()
    return ci


async def test_they_are_listed(ci: Ci) -> None:
    shown = await ci("dead-letters", "list", "--limit", "3")
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    assert lines[0] == f"1 2025-11-24T16:00:00Z no room: {GOOD[0].decode()}"
    assert lines[-1] == "4 dead letters, 3 shown"
    listed = json.loads((await ci("dead-letters", "list", "--json", "--repository", "other/one")).out)
    assert listed == [
        {
            "id": 4,
            "repository": "other/one",
            "rejected_at": "2025-11-24T16:00:00Z",
            "reason": "unable to parse",
            "line": BAD.decode(),
        }
    ]


async def test_they_are_tried_again_and_the_rest_is_discarded(ci: Ci) -> None:
    retried = await ci("dead-letters", "retry")
    assert retried.code == 1
    assert retried.out == "4 dead letters were handed to the store again: 1 were rejected again\n"
    assert "dead-letters list" in retried.err
    left = json.loads((await ci("dead-letters", "list", "--json")).out)
    assert [(one["repository"], one["line"]) for one in left] == [("other/one", BAD.decode())]
    nothing = await ci("dead-letters", "discard")
    assert (nothing.code, "--all" in nothing.err) == (2, True)
    discarded = await ci("dead-letters", "discard", str(left[0]["id"]))
    assert (discarded.code, discarded.out) == (0, "1 dead letters were discarded, 0 are left\n")
    again = await ci("dead-letters", "retry")
    assert (again.code, again.out) == (
        0, "0 dead letters were handed to the store again: none was rejected again\n"
    )  # fmt: skip


async def test_an_id_that_is_not_there_is_reported(ci: Ci) -> None:
    assert (await ci("dead-letters", "discard", "99")).code == 1
    assert (await ci("dead-letters", "discard", "--repository", "acme/rocket")).out.startswith(
        "3 dead letters"
    )
