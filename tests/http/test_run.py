"""`ci-health run` as a process: what it serves, how it ends, and what it says where it cannot begin."""

import asyncio
import json
import re
import signal
import socket
import time
from pathlib import Path

import aiohttp
import pytest

from etl.demo.server import SimulatedGitHub
from etl.demo.webhooks import hooks, send
from tests.cli.running import Ci, contents, settings_for
from tests.pipeline.world import CI, HOUR, NAME, History, MovingClock, Repository, attempt, job, run
from tests.waiting import HANGS_S

SECRET = "a-secret-of-a-test"
NOW = int(time.time())
BEGAN = NOW - 2 * HOUR


@pytest.fixture
def github() -> SimulatedGitHub:
    """With a run that began two hours ago."""
    repository = Repository(42, NAME, [CI], [run(BEGAN, attempt(BEGAN, job("unit", BEGAN + 5)))])
    return SimulatedGitHub(History([repository]), clock=MovingClock(NOW))


async def url_of(service: asyncio.subprocess.Process) -> str:
    """Where it listens, as its log says."""
    assert service.stderr
    async with asyncio.timeout(HANGS_S):
        while True:
            line = (await service.stderr.readline()).decode()
            assert line, "it ended before it listened"
            found = re.search(r'"url": "(http://[^"]+)"', line)
            if found and '"listening"' in line:
                return found[1]


async def test_a_process_serves_and_takes_webhooks_until_it_is_told_to_stop(
    github: SimulatedGitHub, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(SECRET + "\n", "utf-8")
    async with github as base, aiohttp.ClientSession() as session:
        ci = Ci(tmp_path, **settings_for(base, CI_HEALTH_SINCE="1d"))
        ci.environment["CI_HEALTH_HTTP__WEBHOOKS__SECRET_FILE"] = str(secret)
        service = await ci.start("run")
        try:
            url = await url_of(service)
            for path in ("/healthz", "/readyz", "/metrics", "/report", "/badge/acme/rocket.svg"):
                async with session.get(url + path) as answer:
                    assert answer.status == 200, path
            told = hooks(github, BEGAN - 1, NOW)
            assert told
            for hook in told:
                assert await send(session, url + "/webhooks/github", SECRET, hook) == 202
            await _until_jobs(ci)
        finally:
            service.send_signal(signal.SIGTERM)
            _, err = await asyncio.wait_for(service.communicate(), HANGS_S)
    assert service.returncode == 0, err.decode()
    assert '"level": "error"' not in err.decode()
    assert SECRET not in err.decode()


async def _until_jobs(ci: Ci) -> None:
    async with asyncio.timeout(HANGS_S):
        while json.loads((await ci("show", "jobs", "--format", "json")).out) == []:
            pass


async def test_a_port_that_is_taken_is_one_sentence(github: SimulatedGitHub, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        async with github as base:
            ci = Ci(tmp_path, **settings_for(base, CI_HEALTH_HTTP__PORT=str(port)))
            outcome = await ci("run")
    assert outcome.code == 2
    assert f"cannot listen on 127.0.0.1 port {port}" in outcome.err
    assert "http.enabled: false" in outcome.err
    assert "Traceback" not in outcome.err


async def test_without_http_it_syncs_all_the_same(github: SimulatedGitHub, tmp_path: Path) -> None:
    async with github as base:
        ci = Ci(tmp_path, **settings_for(base, CI_HEALTH_HTTP__ENABLED="false", CI_HEALTH_SINCE="1d"))
        service = await ci.start("run")
        try:
            await _until_jobs(ci)
        finally:
            service.send_signal(signal.SIGTERM)
            _, err = await asyncio.wait_for(service.communicate(), HANGS_S)
    assert service.returncode == 0
    assert "listening" not in {json.loads(line)["event"] for line in err.decode().splitlines()}
    assert contents(ci.folder)["job"]
