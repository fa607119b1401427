"""`ci-health check` answers at once: beside a service, with a used-up rate limit, without a data folder."""

import asyncio
import json
import signal
import sqlite3
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from etl.demo import faults
from etl.demo.server import SimulatedGitHub
from tests.cli.running import Ci
from tests.waiting import HANGS_S

HOLD_STORE = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


@asynccontextmanager
async def running(ci: Ci, github: SimulatedGitHub) -> AsyncIterator[None]:
    """A service amid its first sync."""
    github.faults.add("/jobs", faults.secondary_limit("600"), times=None)
    service = await ci.start("run")
    try:
        while not github.log.paths("/jobs"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        yield
    finally:
        service.send_signal(signal.SIGTERM)
        await asyncio.wait_for(service.communicate(), HANGS_S)


async def test_it_answers_beside_the_service(ci, github):
    async with running(ci, github):
        outcome = await ci("check")
        letters = await ci("dead-letters", "list", "--json")
    assert outcome.code == 0, outcome.out + outcome.err
    assert "ok    state" in outcome.out
    assert "ok    acme/rocket: read up to " in outcome.out
    assert (letters.code, json.loads(letters.out)) == (0, [])


async def test_a_sync_can_start_meanwhile(ci, github):
    assert (await ci("sync")).code == 0
    asked = asyncio.Event()

    async def never(_request, _go_on):
        asked.set()
        await asyncio.sleep(HANGS_S)
        raise AssertionError

    github.faults.add("check-suites", never)
    check = await ci.start("check")
    try:
        await asyncio.wait_for(asked.wait(), HANGS_S)
        assert (await ci("sync")).code == 0
    finally:
        check.kill()
        await check.communicate()


async def test_it_leaves_the_data_folder_as_it_is(ci):
    assert (await ci("sync")).code == 0
    folder = ci.folder / ".ci-health"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    assert (await ci("check")).code == 0
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


async def test_it_creates_nothing(ci):
    outcome = await ci("check")
    assert outcome.code == 0, outcome.out + outcome.err
    assert f"note  state: no sync has run yet: {ci.folder}/.ci-health/state.sqlite is missing" in outcome.out
    assert f"note  store: nothing is stored in {ci.folder}/.ci-health/ci-health.duckdb" in outcome.out
    assert list(ci.folder.iterdir()) == []


async def test_a_state_of_an_older_version_is_left_as_it_is(ci):
    assert (await ci("sync")).code == 0
    file = ci.folder / ".ci-health" / "state.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("DROP TABLE judgements")
    connection.close()
    outcome = await ci("check")
    assert outcome.code == 0, outcome.out + outcome.err
    assert "was made by an older ci-health" in outcome.out
    assert "ok    acme/rocket: can be read" in outcome.out
    with sqlite3.connect(file) as connection:
        assert not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'judgements'").fetchall()
    connection.close()


async def test_a_store_that_another_process_has_is_told_of(ci):
    assert (await ci("sync")).code == 0
    holder = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        HOLD_STORE,
        ci.folder / ".ci-health" / "ci-health.duckdb",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    try:
        outcome = await ci("check")
    finally:
        holder.kill()
        await holder.communicate()
    assert outcome.code == 0, outcome.out + outcome.err
    assert "note  store: another process writes to" in outcome.out


async def test_a_folder_that_cannot_be_used(ci):
    (ci.folder / ".ci-health").write_text("a file, not a folder")
    outcome = await ci("check")
    assert outcome.code == 1
    assert f"FAIL  data folder: {ci.folder}/.ci-health cannot be used" in outcome.out
    assert "set data_dir" in outcome.out


async def test_a_rate_limit_that_is_used_up(ci, github):
    assert (await ci("sync")).code == 0
    ci.environment["CI_HEALTH_REPOSITORIES"] = "acme/rocket,acme/another"
    reset = time.time() // 60 * 60 + 3_030
    github.faults.add("", faults.primary_limit(reset), times=None)
    github.log.clear()
    outcome = await ci("check")
    assert outcome.code == 1
    (line,) = [line for line in outcome.out.splitlines() if "rate limit" in line]
    assert line.startswith("FAIL  rate limit: GitHub's rate limit is used up: ")
    assert f"{datetime.fromtimestamp(int(reset) + 1, UTC):%R} UTC" in line
    assert "ok    state" in outcome.out
    assert "ok    store" in outcome.out
    assert len(github.log.requests) == 1


async def test_a_reserve_that_is_reached(ci, github):
    async def respond(_request, go_on):
        response = await go_on()
        told = {"limit": "5000", "remaining": "7", "reset": str(int(time.time()) + 3_000)}
        response.headers.update({f"x-ratelimit-{name}": value for name, value in told.items()})
        return response

    github.faults.add("", respond, times=None)
    outcome = await ci("check")
    assert outcome.code == 1
    assert "FAIL  rate limit: the rate limit's reserve is left to others: " in outcome.out


async def test_a_github_that_does_not_answer(ci):
    ci.environment["CI_HEALTH_GITHUB__API_URL"] = "http://127.0.0.1:9"
    outcome = await ci("check")
    assert outcome.code == 1
    assert "FAIL  acme/rocket: no answer from GitHub at http://127.0.0.1:9" in outcome.out
    assert outcome.out.count("FAIL") == 1
