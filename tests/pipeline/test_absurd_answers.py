"""Answers of the API that cannot be true: each affects nothing else, and no impossible time is stored."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.world import HOUR, NOON, Rows, World, attempt, faults, job, run, simulated

EARLIEST, LATEST = (datetime(year, 1, 1, tzinfo=UTC).timestamp() for year in (2008, 2200))
TIMES = ("9999-12-31T23:59:59Z", "1970-01-01T00:00:00Z", "0000-00-00", "", 10**400, None)
IDS = (2**63, 10**400, -1, 0, 1.5, "1", None)
ABSURD: dict[str, list[tuple[str, Any]]] = {
    "workflow_runs": [
        *(("id", value) for value in IDS),
        *(("workflow_id", value) for value in IDS),
        *(("run_attempt", value) for value in (*IDS, 2**62)),
        *((name, value) for name in ("created_at", "run_started_at", "updated_at") for value in TIMES),
        *((name, None) for name in ("status", "name", "path", "event", "head_sha", "head_branch", "actor")),
        *((name, None) for name in ("repository", "head_repository", "conclusion", "html_url", "run_number")),
    ],
    "jobs": [
        *((name, value) for name in ("id", "run_id", "run_attempt") for value in IDS),
        *((name, value) for name in ("created_at", "started_at", "completed_at") for value in TIMES),
        *((name, None) for name in ("name", "status", "conclusion", "steps", "labels", "html_url")),
    ],
}


async def synced(folder: Path, kind: str, *, absurd: bool) -> World:
    """A sync of a good run beside each absurd one."""
    async with simulated(folder) as world:
        changes: dict[int, tuple[str, Any]] = {}
        for number, change in enumerate(ABSURD[kind], 1):
            began = NOON - 20 * HOUR + 60 * number
            world.add(run(began, attempt(began, job("good", began))))
            strange = job("strange", began + 30)
            if absurd:
                bad = run(began + 30, attempt(began + 30, strange))
                changes[bad.id if kind == "workflow_runs" else strange.id] = change
                world.add(bad)

        def answer_changed(answer: Any) -> Any:
            for item in answer.get(kind, ()):
                name, value = changes.get(item["id"], ("id", item["id"]))
                item[name] = value
            return answer

        world.github.faults.add("/actions/runs", faults.changed(answer_changed), times=None)
        await world.sync_well()
        return world


@pytest.mark.parametrize("kind", ABSURD)
async def test_it_affects_nothing_else(kind: str, tmp_path: Path) -> None:
    found = await synced(tmp_path / "absurd", kind, absurd=True)
    wanted = await synced(tmp_path / "good", kind, absurd=False)
    assert good(found) == good(wanted)
    assert len(good(wanted)) == len(ABSURD[kind])
    times = [row["time"] // 10**9 for rows in found.all_points().values() for row in rows]
    assert EARLIEST <= min(times) <= max(times) < LATEST


@pytest.mark.parametrize("told", ["9" * 400, "86400", "Fri, 31 Dec 9999 23:59:59 GMT"])
async def test_a_wait_beyond_reason_costs_one_repository(told: str, tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.github.faults.add("", faults.too_many(told), times=None)
        (summary,) = await world.sync()
        assert summary.error is not None
        assert "github.max_wait" in summary.error
        assert summary.retry_at is not None


def good(world: World) -> Rows:
    """The jobs of the good runs, without ids (and what time has of them), which differ from world to world."""
    return [
        {
            name: row[name]
            for name in ("workflow", "branch", "conclusion", "attempt", "duration_s", "queued_s")
        }
        | {"second": row["time"] // 10**9}
        for row in world.points("job")
        if row["job"] == "good"
    ]
