"""The command of a user with the simulated GitHub: a project of some days, as far as a test has no other."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.demo.history import History, ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, settings_for


@pytest.fixture
def history() -> History:
    return ending(synthetic(days=3, pushes=3), datetime.now(UTC).date() - timedelta(days=1))


@pytest.fixture
async def github(history: History) -> AsyncIterator[SimulatedGitHub]:
    server = SimulatedGitHub(history, rate_limit=100_000)
    await server.start()
    yield server
    await server.stop()


@pytest.fixture
def ci(github: SimulatedGitHub, tmp_path: Path) -> Ci:
    return Ci(tmp_path, **settings_for(github.url))
