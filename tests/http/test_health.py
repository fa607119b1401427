"""Health and readiness, told by a real service."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.http.serving import served, until
from tests.pipeline.world import NAME, NOON, attempt, faults, job, run, simulated


async def test_a_service_that_is_well_says_so(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(run(NOON - 600, attempt(NOON - 600, job("unit", NOON - 590))))
        async with served(world) as service:
            await service.until_synced()
            assert (await service.get("/healthz")).json == {"status": "ok"}
            ready = await service.get("/readyz")
            assert (ready.status, ready.json) == (200, {"status": "ready", "reasons": []})


async def test_a_repository_that_cannot_be_read_degrades_and_is_named(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.github.faults.add(f"/repos/{NAME}", faults.status(404), times=None)
        async with served(world) as service:
            await service.until_synced()
            ready = await service.get("/readyz")
            assert (ready.status, ready.json["status"]) == (200, "degraded")
            (reason,) = ready.json["reasons"]
            assert reason["check"] == "repository"
            assert NAME in reason["why"]
            # Whoever is no local user learns that something is wrong, and no names.
            told = await service.get("/readyz", Host="ci.example.org")
            assert told.json == {
                "status": "degraded",
                "reasons": [{"check": "repository", "blocks": False}],
            }


async def test_metrics_tell_of_syncs(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(run(NOON - 600, attempt(NOON - 600, job("unit", NOON - 590))))
        async with served(world) as service:
            await service.until_synced()
            text = (await service.get("/metrics")).text
    lines = text.splitlines()
    assert f'ci_health_syncs_total{{repository="{NAME}",status="ok"}} 1.0' in lines
    assert f'ci_health_github_requests_total{{kind="jobs",repository="{NAME}"}} 1.0' in lines or (
        f'ci_health_github_requests_total{{repository="{NAME}",kind="jobs"}} 1.0' in lines
    )
    assert "ci_health_outbox_points 0.0" in lines
    assert "ci_health_store_up 1.0" in lines


@pytest.mark.parametrize("part", ["figures", "webhooks"])
async def test_a_part_that_has_ended_is_for_a_restart_to_mend(tmp_path: Path, part: str) -> None:
    async with (
        simulated(tmp_path) as world,
        served(world, http={"webhooks": {"secret": "a-secret-of-a-test"}}) as service,
    ):
        await service.until_synced()
        service.service._parts[part].cancel()
        await until(service.service._parts[part].done)
        alive = await service.get("/healthz")
        assert (alive.status, alive.json["reasons"]) == (503, [f"{part} has ended"])
        ready = await service.get("/readyz")
        assert (ready.status, ready.json["status"]) == (503, "not ready")


async def test_a_state_that_cannot_be_used_takes_no_requests(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as service:
        await service.until_synced()
        with closing(sqlite3.connect(tmp_path / "data" / "state.sqlite")) as connection:
            connection.execute("ALTER TABLE outbox RENAME TO elsewhere")
            connection.commit()
            ready = await service.get("/readyz")
            assert ready.status in (500, 503)
            connection.execute("ALTER TABLE elsewhere RENAME TO outbox")
            connection.commit()
        assert (await service.get("/readyz")).status == 200
