"""The commands of docs/operations.md, word for word: whatever was restored, nothing is missing afterwards."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import COMMAND, Ci, contents, settings_for
from tests.selection import every_nth
from tools.docs import ROOT

PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
BLOCKS = re.findall(
    r"```sh\n(.*?)```", PAGE.partition("## Backup and restore")[2].partition("\n## ")[0], re.DOTALL
)


@dataclass
class Restoring:
    """A folder with the points of today, and what the page's backup made of it some days ago."""

    ci: Ci
    backup: Path
    day: str
    whole: dict[str, list[tuple[Any, ...]]]

    async def run(self, block: str) -> None:
        """Run a block of the page."""
        process = await asyncio.create_subprocess_exec(
            "bash", "-euc", block, cwd=self.ci.folder, env=self.environment()
        )
        assert await process.wait() == 0

    def environment(self) -> dict[str, str]:
        path = f"{COMMAND.parent}:{self.ci.environment['PATH']}"
        return {**self.ci.environment, "PATH": path, "BACKUP": str(self.backup), "DAY": self.day}

    def points(self) -> dict[str, list[tuple[Any, ...]]]:
        return contents(self.ci.folder)


@pytest.fixture
async def restoring(tmp_path: Path) -> AsyncIterator[Restoring]:
    history = ending(synthetic(days=4, pushes=2), datetime.now(UTC).date() - timedelta(days=1))
    (repository,) = history.repositories
    runs, day = list(repository.runs), datetime.now(UTC).date() - timedelta(days=2)
    before = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp()
    repository.runs[:] = [run for run in runs if run.created_at < before]
    async with SimulatedGitHub(history, rate_limit=100_000) as url:
        (tmp_path / "work").mkdir()
        made = Restoring(Ci(tmp_path / "work", **settings_for(url)), tmp_path / "backup", day.isoformat(), {})
        assert (await made.ci("sync")).code == 0
        await made.run(BLOCKS[0])
        repository.runs[:] = runs
        assert (await made.ci("sync")).code == 0
        made.whole = made.points()
        yield made


def test_the_page_has_a_backup_and_two_ways_to_restore_it() -> None:
    assert len(BLOCKS) == 3
    assert shutil.which("bash")


@pytest.mark.parametrize("block", every_nth(2, BLOCKS[1:]), ids=["both", "only the points"])
async def test_the_restored_is_whole_again(restoring: Restoring, block: str) -> None:
    await restoring.run(block)
    assert restoring.points() == restoring.whole


async def test_a_state_of_then_beside_the_points_of_today(restoring: Restoring) -> None:
    for name in ("state.sqlite", "state.sqlite-wal", "state.sqlite-shm"):
        (restoring.ci.folder / ".ci-health" / name).unlink(missing_ok=True)
    shutil.copy(restoring.backup / "state.sqlite", restoring.ci.folder / ".ci-health")
    assert (await restoring.ci("sync")).code == 0
    assert restoring.points() == restoring.whole
