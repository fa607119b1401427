"""The ETL's own metrics, of a real service in good and bad times."""

from pathlib import Path

import pytest

from tests.http.serving import served, until
from tests.http.test_ci_metrics import busy, scraped
from tests.pipeline.world import CI, HOUR, NAME, NOON, Repository, attempt, faults, job, run, simulated

OURS = f'repository="{NAME}"'


def kind(name: str) -> str:
    return f'kind="{name}",{OURS}'


async def test_requests_are_counted_by_what_was_asked_for(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        async with served(world) as service:
            await service.until_synced()
            found = await scraped(service)
        sent = [request.path for request in world.github.log.requests]
    asked = {key[1]: value for key, value in found.items() if key[0] == "ci_health_github_requests_total"}
    assert sum(asked.values()) == len(sent)
    # Four attempts, of which two have a failed job; of them, one has annotations. The first is asked for by its number.
    assert asked[kind("jobs")] == sum(path.partition("?")[0].endswith("/jobs") for path in sent) == 4
    assert asked[kind("logs")] == sum(path.endswith("/logs") for path in sent) == 2
    assert asked[kind("annotations")] == 1
    # Two days are listed, and an attempt before the last is asked for by itself.
    assert asked[kind("runs")] == 3
    assert asked[kind("artifacts")] == 1
    # The repository, and its workflows.
    assert asked[kind("other")] == 2
    assert found["ci_health_runs_total", OURS] == 3
    assert found["ci_health_lag_seconds", OURS] == 0
    assert found["ci_health_github_rate_limit_remaining", 'account="token"'] == 5_000 - len(sent)
    assert found["ci_health_last_sync_timestamp_seconds", OURS] == NOON


async def test_requests_that_cost_nothing_are_counted_by_kind_too(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        await world.sync_well()
        world.github.log.clear()
        async with served(world) as service:
            await service.until_synced()
            found = await scraped(service)
        unchanged = [request.path for request in world.github.log.requests if request.status == 304]
    free = {key[1]: value for key, value in found.items() if key[0] == "ci_health_github_not_modified_total"}
    assert free == {kind("runs"): len(unchanged) - 2, kind("other"): 2}


async def test_a_store_that_is_away_lets_the_outbox_grow_and_age(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        influxdb = {"url": "http://127.0.0.1:9", "token": "secret-of-a-test"}
        async with served(world, influxdb=influxdb) as service:
            await service.until_synced()
            world.clock.advance(90)
            found = await scraped(service)
            waiting = service.pipeline.state.outbox.backlog().points
    assert found["ci_health_outbox_points", ""] == waiting > 0
    assert found["ci_health_outbox_age_seconds", ""] == 90
    assert found["ci_health_store_up", ""] == 0
    assert found["ci_health_points_total", 'outcome="accepted"'] == 0


async def test_failed_syncs_and_anomalies_are_counted_by_kind(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        busy(world)
        broken = faults.changed(lambda data: data | {"jobs": [{"id": "nonsense"}, *data["jobs"][1:]]})
        world.github.faults.add("/jobs", broken, times=1)
        async with served(world, interval="1s", github={"retries": 0}) as service:
            await service.until_synced()
            world.github.faults.add("/repos/", faults.status(404), times=None)
            await until(lambda: bool(service.pipeline.failing))
            found = await scraped(service)
    assert found["ci_health_anomalies_total", kind("jobs")] == 1
    assert found["ci_health_syncs_total", f'{OURS},status="failed"'] >= 1
    assert found["ci_health_syncs_total", f'{OURS},status="ok"'] >= 1
    assert found["ci_health_last_sync_timestamp_seconds", OURS] == NOON


async def test_points_that_the_store_rejects_are_reported(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as service:
        await service.until_synced()
        service.pipeline.state.outbox.put(NAME, [b"no line of line protocol"])
        await until(lambda: service.service.delivery.rejected == 1)
        found = await scraped(service)
        assert found["ci_health_dead_letters", ""] == 1
        assert found["ci_health_points_total", 'outcome="rejected"'] == 1
        assert [reason["check"] for reason in (await service.get("/readyz")).json["reasons"]] == [
            "dead letters"
        ]


@pytest.mark.parametrize("most", [1, 2])
async def test_repositories_beyond_the_limit_are_counted_together(tmp_path: Path, most: int) -> None:
    async with simulated(tmp_path) as world:
        for number, name in enumerate(("acme/anvil", "acme/zebra"), 50):
            created = NOON - HOUR
            runs = [run(created, attempt(created, job("unit", created + 5)))]
            world.github.history.repositories.append(Repository(number, name, [CI], runs))
        names = ["acme/zebra", NAME, "acme/anvil"]
        async with served(world, repositories=names, http={"series": most}) as service:
            await service.until_synced(3)
            found = await scraped(service)
    shown = {key[1] for key in found if key[0] == "ci_health_lag_seconds"}
    assert shown == {f'repository="{name}"' for name in [*sorted(names)[:most], "other"]}
    assert found["ci_health_syncs_total", 'repository="other",status="ok"'] == 3 - most
    assert found["ci_health_lag_seconds", 'repository="other"'] == 0
    assert found["ci_health_repositories_combined", ""] == 3 - most
