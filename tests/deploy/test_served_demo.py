"""`ci-health demo --serve`, as the compose file's demo starts it: into a real InfluxDB, again after a restart."""

import asyncio
import json
import signal
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.settings import InfluxSettings
from tests.cli.running import Ci, Outcome
from tests.waiting import HANGS_S


@pytest.fixture
def ci(tmp_path: Path) -> Ci:
    """With a history that has ended, so that what is served does not depend on the time of day."""
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    (tmp_path / ".ci-health").mkdir()
    (tmp_path / ".ci-health" / "demo-last-day").write_text(yesterday.isoformat())
    return Ci(tmp_path)


async def served(ci: Ci) -> Outcome:
    """What a service said that was stopped once it had synced and delivered everything."""
    service = await ci.start("demo", "--serve")
    assert service.stderr
    err = b""
    try:
        async with asyncio.timeout(HANGS_S):
            while b'"synced"' not in err:
                line = await service.stderr.readline()
                assert line, err.decode()
                err += line
            while waiting(ci):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
    finally:
        service.send_signal(signal.SIGTERM)
        out, rest = await asyncio.wait_for(service.communicate(), HANGS_S)
    assert service.returncode is not None
    return Outcome(service.returncode, out.decode(), (err + rest).decode())


def waiting(ci: Ci) -> bool:
    """Whether points wait in the outbox."""
    with closing(sqlite3.connect(ci.folder / ".ci-health" / "state.sqlite", timeout=HANGS_S)) as connection:
        return connection.execute("SELECT 1 FROM outbox LIMIT 1").fetchone() is not None


async def test_it_fills_the_influxdb_that_the_settings_name_once(
    ci: Ci, influx_settings: InfluxSettings
) -> None:
    secret = ci.folder / "token"
    secret.write_text(influx_settings.token.get_secret_value())
    ci.environment |= {
        "CI_HEALTH_INFLUXDB__URL": influx_settings.url,
        "CI_HEALTH_INFLUXDB__ORG": influx_settings.org,
        "CI_HEALTH_INFLUXDB__BUCKET": influx_settings.bucket,
        "CI_HEALTH_INFLUXDB__TOKEN_FILE": str(secret),
    }
    first, again = await served(ci), await served(ci)
    for outcome in (first, again):
        assert outcome.code == 0, outcome.err
        assert '"level": "error"' not in outcome.err
    overview = json.loads((await ci("show", "overview", "--days", "28", "--format", "json")).out)
    assert overview["runs"] > 100
    assert overview["flaky_tests"] > 0
    assert synced(first)["runs"] > 100
    # After a restart it is the same project: there is nothing new.
    assert (synced(again)["runs"], synced(again)["points"]) == (0, 0)


def synced(outcome: Outcome) -> dict[str, Any]:
    (line,) = [line for line in outcome.err.splitlines() if '"synced"' in line]
    said: dict[str, Any] = json.loads(line)
    return said


async def test_a_new_project_goes_on_for_days(tmp_path: Path) -> None:
    ci = Ci(tmp_path)
    service = await ci.start("demo", "--serve")
    file = tmp_path / ".ci-health" / "demo-last-day"
    try:
        async with asyncio.timeout(HANGS_S):
            while not file.exists() or not file.read_text():  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        service.kill()
        await service.communicate()
    assert datetime.fromisoformat(file.read_text()).date() > datetime.now(UTC).date() + timedelta(days=3)


async def test_it_keeps_away_from_the_state_of_real_repositories(tmp_path: Path) -> None:
    (tmp_path / ".ci-health").mkdir()
    (tmp_path / ".ci-health" / "state.sqlite").touch()
    outcome = await Ci(tmp_path)("demo", "--serve")
    assert outcome.code == 2
    assert "data_dir" in outcome.err
    assert not (tmp_path / ".ci-health" / "demo-last-day").exists()
