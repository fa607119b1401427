"""A GitHub App end to end: its installations, each with a token and a budget of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from etl.demo.app import Installation, SimulatedApp
from etl.demo.history import Repository
from etl.demo.webhooks import hooks, send
from etl.errors import ConfigurationError
from tests.http.serving import served, until
from tests.http.test_ci_metrics import scraped
from tests.pipeline.world import CI, DAY, HOUR, NAME, NOON, World, attempt, faults, job, run, simulated

KEY = rsa.generate_private_key(65_537, 2_048)
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
SECRET = "a-secret-of-a-test"
ACME, UMBRELLA = Installation(12, "Acme"), Installation(13, "umbrella")


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with installed(tmp_path) as made:
        yield made


@asynccontextmanager
async def installed(folder: Path, **more: Any) -> AsyncIterator[World]:
    """Two installations, of two repositories and of one, all private, with a run each."""
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (folder / "app.pem").write_bytes(pem)
    async with simulated(folder, **more) as made:
        made.github.app = SimulatedApp(5, PUBLIC, [ACME, UMBRELLA])
        made.repository.private = True
        add(made, "acme/anvil", 43)
        add(made, "acme/attic", 44, archived=True)
        add(made, "umbrella/lab", 50)
        for repository in made.github.history.repositories:
            created = NOON - HOUR
            repository.runs.append(run(created, attempt(created, job("unit", created + 5))))
        yield made


def add(world: World, name: str, number: int, **more: Any) -> Repository:
    made = Repository(number, name, [CI], private=True, **more)
    world.github.history.repositories.append(made)
    return made


def app(world: World, *repositories: str, **more: Any) -> dict[str, Any]:
    """Settings of the App; without an installation, all of them."""
    own = {"app_id": 5, "private_key_file": str(world.folder / "app.pem"), **more}
    return {"repositories": list(repositories), "github": {"token": None, "app": own, "retries": 0}}


def tokens(world: World) -> dict[str, set[str]]:
    """Installations by repository: with whose token each was asked for."""
    found: dict[str, set[str]] = {}
    for request in world.github.log.requests:
        if request.path.startswith("/repos/"):
            name = "/".join(request.path.split("?")[0].split("/")[2:4])
            found.setdefault(name, set()).add(request.token.split("_")[1])
    return found


async def test_globs_stand_for_what_is_installed_and_not_archived(world: World) -> None:
    summaries = await world.sync(**app(world, "acme/*", "Umbrella/l?b"))
    assert [summary.repository for summary in summaries] == ["acme/anvil", NAME, "umbrella/lab"]
    assert [(summary.error, summary.runs) for summary in summaries] == [(None, 1)] * 3
    assert tokens(world) == {"acme/anvil": {"12"}, NAME: {"12"}, "umbrella/lab": {"13"}}


async def test_named_repositories_find_their_installation_and_come_first(world: World) -> None:
    summaries = await world.sync(**app(world, "umbrella/lab", "acme/*", NAME))
    assert [summary.repository for summary in summaries] == ["umbrella/lab", "acme/anvil", NAME]


async def test_one_installation_asks_for_nothing_of_the_app(world: World) -> None:
    settings = app(world, "acme/r*", installation_id=12)
    (summary,) = await world.sync(**settings)
    assert (summary.repository, summary.error) == (NAME, None)
    assert world.github.log.paths("/app/installations?") == []


async def test_an_owner_without_an_installation_costs_its_repositories_alone(world: World) -> None:
    assert world.github.app
    world.github.app.installations = [ACME, replace(UMBRELLA, suspended=True)]
    lab, pattern, rocket = await world.sync(**app(world, "umbrella/lab", "umbrella/*", NAME))
    for refused in (lab, pattern):
        assert refused.error
        assert "not installed for umbrella" in refused.error
    assert pattern.repository == "umbrella/*"
    assert rocket.error is None


async def test_a_pattern_that_fits_nothing_is_no_repository(world: World) -> None:
    assert await world.sync(**app(world, "acme/x*")) == []


async def test_a_renamed_repository_keeps_its_name_and_its_points(world: World) -> None:
    settings = app(world, "acme/*")
    await world.sync(**settings)
    world.repository.full_name, world.repository.former_names = "acme/starship", (NAME,)
    created = NOON - 60
    world.add(run(created, attempt(created, job("unit", created + 5, 20))))
    summaries = await world.sync(**settings)
    assert {summary.repository: summary.error for summary in summaries} == {"acme/anvil": None, NAME: None}
    assert {point["repository"] for point in world.points("job")} == {"acme/anvil", NAME}
    assert len(world.points("job")) == 3


async def test_each_installation_has_a_budget_of_its_own(tmp_path: Path) -> None:
    async with installed(tmp_path, rate_limit=40) as world:
        limits = {"reserve": 0, "max_wait": "1s"}
        settings = app(world, "acme/*", "umbrella/*")
        settings["github"] |= limits
        async with world.pipeline(**settings) as pipeline:
            names = await pipeline.repositories.names()
            for _ in range(45):
                if pipeline.accounts.of(NAME).budget.remaining == 0:
                    break
                await pipeline.client(NAME).item("")
            budgets = dict(pipeline.accounts.budgets())
            assert names == ("acme/anvil", NAME, "umbrella/lab")
            assert set(budgets) == {"acme", "umbrella"}
            assert budgets["acme"].remaining == 0
            assert (await pipeline.client("umbrella/lab").item(""))["full_name"] == "umbrella/lab"
            assert budgets["umbrella"].remaining


async def test_a_service_renews_tokens_and_finds_new_repositories(world: World) -> None:
    async with served(world, **app(world, "acme/*", "umbrella/*"), interval="1s") as service:
        await service.until_synced(3)
        found = await scraped(service)
        for account in ("acme", "umbrella"):
            assert found["ci_health_github_rate_limit", f'account="{account}"'] == 5_000
        created = NOON + HOUR
        add(world, "umbrella/annex", 51).runs.append(run(created, attempt(created, job("u", created + 5))))
        world.clock.advance(2 * HOUR)
        repositories = service.pipeline.state.repositories
        # The last window is read when the cursor is past it.
        await until(
            lambda: (
                (known := repositories.get("umbrella/annex")) is not None and (known.cursor or 0) > created
            )
        )
        await service.until_delivered()
        # Of each installation, a token of before and a renewed one.
        tokens = {f"ghs_{number}_{moment}" for number in (12, 13) for moment in (NOON, NOON + 2 * HOUR)}
        asked = world.github.log.requests
        await until(lambda: tokens <= {one.token for one in asked if one.path.startswith("/repos/")})
    # The clock jumps at any moment, also between a request's token and the request: that one is asked again.
    assert sum(request.status == 401 for request in world.github.log.requests) <= 1
    assert "sync failed" not in [entry["event"] for entry in service.logs]
    assert "umbrella/annex" in {point["repository"] for point in world.points("job")}


async def test_webhooks_of_every_installation_are_read_as_that_installation(world: World) -> None:
    webhooks = {"webhooks": {"secret": SECRET}}
    settings = app(world, "acme/*", "umbrella/*")
    async with served(world, **settings, http=webhooks, interval="1h") as service:
        await service.until_synced(3)
        created = NOON + 60
        lab = world.github.history.repositories[-1]
        lab.runs.append(run(created, attempt(created, job("late", created + 5))))
        world.clock.advance(HOUR)
        world.github.log.clear()
        for hook in hooks(world.github, NOON, NOON + HOUR):
            assert await send(service.session, service.url + "/webhooks/github", SECRET, hook) == 202
        state = service.pipeline.state
        await until(
            lambda: state.deliveries.newest(lab.full_name) is not None and not state.deliveries.waiting()
        )
        await service.until_delivered()
    assert tokens(world) == {lab.full_name: {"13"}}
    assert "late" in {point["job"] for point in world.points("job")}


async def test_a_token_that_is_revoked_is_replaced_by_a_new_one(world: World) -> None:
    async with world.pipeline(**app(world, "acme/*")) as pipeline:
        await pipeline.repositories.names()
        client = pipeline.client(NAME)
        await client.item("")
        world.clock.advance(60)
        assert world.github.app
        world.github.app._tokens.clear()
        assert (await client.item(""))["full_name"] == NAME
    assert [r.status for r in world.github.log.requests if r.path == f"/repos/{NAME}"] == [200, 401, 200]


async def test_where_github_cannot_be_asked_what_was_found_before_is_watched(world: World) -> None:
    settings = app(world, "acme/*")
    await world.sync(**settings)
    world.github.faults.add("/installation/repositories", faults.status(502), times=None)
    summaries = await world.sync(**settings)
    assert [(summary.repository, summary.error) for summary in summaries] == [
        ("acme/anvil", None),
        (NAME, None),
    ]
    world.clock.advance(DAY)
    world.github.faults.clear()
    assert len(await world.sync(**settings)) == 2


async def test_the_key_of_another_app_is_reported(world: World) -> None:
    assert world.github.app
    world.github.app.id = 6
    with pytest.raises(Exception, match=r"401.*check github\.app"):
        await world.sync(**app(world, "acme/*"))


async def test_a_glob_needs_an_app(world: World) -> None:
    with pytest.raises(ConfigurationError, match=r"acme/\*.*github\.app"):
        await world.sync(repositories=["acme/*"])
