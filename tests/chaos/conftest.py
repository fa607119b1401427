"""What all scenarios share, and the table of what ran and what it took."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from etl.demo.history import History
from tests.chaos.world import Points, World, chaos, small_history
from tests.influxd import Influxd
from tests.selection import FULL

OpenWorld = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture(scope="session")
def history() -> History:
    """The one history of all scenarios."""
    return small_history()


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, influxd: Influxd, history: History) -> Points:
    """Every point of the history, as a sync brings them that nothing disturbs."""

    async def read() -> Points:
        async with chaos(tmp_path_factory.mktemp("undisturbed"), influxd, history) as world:
            code, process = await world.run("sync")
            assert code == 0, process.text
            return world.points()

    return asyncio.run(read())


@pytest.fixture
async def world(tmp_path: Path, influxd: Influxd, history: History) -> AsyncIterator[World]:
    """A world of the test's own on the session's InfluxDB."""
    async with chaos(tmp_path, influxd, history) as made:
        yield made


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What each scenario took and measured: docs/reliability.md has its figures from here."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if "tests/chaos/" in report.nodeid and report.when == "call"
    ]
    if FULL and reports:
        terminalreporter.section("chaos")
    for report in reports if FULL else ():
        name = report.nodeid.partition("tests/chaos/")[2]
        told = " ".join(str(value) for _, value in report.user_properties)
        terminalreporter.line(f"{report.outcome} {report.duration:6.1f} s  {name}  {told}")
