"""Secrets stay where they are, whatever fails; and what is kept is for its owner alone."""

import asyncio
import stat
from pathlib import Path

import aiohttp
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from etl.demo import faults
from etl.demo.app import Installation, SimulatedApp
from etl.demo.faults import Respond
from tests.chaos.proxy import reset
from tests.chaos.sound import keeps_secrets
from tests.chaos.world import World

COMMANDS = (
    ("--debug", "sync", "--json"),
    ("sync", "--json"),
    ("--debug", "check"),
    ("--debug", "show", "overview", "--format", "json"),
    ("--debug", "report", "--out", "report.html"),
    ("--debug", "backfill", "--since", "3d", "--replace"),
)


async def test_no_secret_is_told_where_the_token_is_refused(world: World) -> None:
    world.github.tokens = {"another"}
    world.proxy.faults.add("", faults.status(401, "unauthorized access"), times=None)
    await all_commands(world)
    assert "CI_HEALTH_GITHUB__TOKEN" in world.printed()
    assert "influxdb.token" in world.printed()
    keeps_secrets(world)


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(faults.status(403, "AuthenticationFailed"), id="403", marks=pytest.mark.thorough),
        pytest.param(faults.cut_connection(), id="cut connection"),
        pytest.param(reset(), id="reset", marks=pytest.mark.thorough),
    ],
)
async def test_no_signed_address_is_told_where_downloads_fail(fault: Respond, world: World) -> None:
    world.settings["CI_HEALTH_GITHUB__RETRIES"] = "0"
    world.github.faults.add("^/artifacts/", fault, times=None)
    await all_commands(world)
    signed = world.github.log.paths("/zip")
    assert signed
    keeps_secrets(world, "sig=simulated")


@pytest.mark.thorough
@pytest.mark.parametrize("good", [True, False])
async def test_no_key_of_an_app_is_printed(good: bool, world: World) -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    public = (key if good else rsa.generate_private_key(65_537, 2_048)).public_key()
    known = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    world.github.app = SimulatedApp(5, known, [Installation(12, "acme")])
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    file = world.folder.parent / f"{world.folder.name}.pem"
    file.write_text(pem, "ascii")
    world.settings |= {
        "GITHUB_TOKEN": "",
        "CI_HEALTH_GITHUB__APP__APP_ID": "5",
        "CI_HEALTH_GITHUB__APP__INSTALLATION_ID": "12",
        "CI_HEALTH_GITHUB__APP__PRIVATE_KEY_FILE": str(file),
    }
    await all_commands(world)
    tokens = {request.token for request in world.github.log.requests} - {""}
    assert tokens
    keeps_secrets(world, *pem.splitlines()[1:-1], *tokens)


async def test_no_secret_of_the_server_is_printed(world: World) -> None:
    """Nor where strangers guess at it, and who knows it asks for all that there is."""
    token, secret = "tokenOfTheServer0123456789", "secretOfTheWebhooks0123456789"
    world.settings |= {"CI_HEALTH_HTTP__TOKEN": token, "CI_HEALTH_HTTP__WEBHOOKS__SECRET": secret}
    process = await world.start("--debug", "run")
    listening = await process.until("listening")
    await process.until("synced")
    told = []
    async with aiohttp.ClientSession(listening["url"]) as session:
        for given in (token, "a guess", ""):
            headers = {"Authorization": f"Bearer {given}"}
            for path in (
                "/metrics",
                "/report",
                "/readyz",
                "/badge/acme/rocket.svg",
                f"/report?repository={token}",
            ):
                async with session.get(path, headers=headers) as answer:
                    told.append((answer.status, await answer.text()))
        signed = {"X-Hub-Signature-256": f"sha256={secret}", "X-GitHub-Event": "workflow_run"}
        async with session.post("/webhooks/github", headers=signed, json={}) as answer:
            told.append((answer.status, await answer.text()))
    assert {status for status, _ in told} == {200, 401, 404}
    assert not [text for _, text in told if token in text or secret in text]
    assert await process.stop() == 0
    keeps_secrets(world, token, secret)


@pytest.mark.parametrize("embedded", [True, False])
async def test_what_is_kept_is_for_its_owner_alone(embedded: bool, world: World) -> None:
    """At every moment, and where the process is killed: databases make files beside their own."""
    if embedded:
        world.settings |= {f"CI_HEALTH_INFLUXDB__{name}": "" for name in ("URL", "ORG", "BUCKET", "TOKEN")}
    process = await world.start("run")
    seen: set[str] = set()
    # What a sync leaves to be written is written beside the next one, on a busy machine after it.
    while len(process.events("synced")) < 2 or (embedded and "ci-health.duckdb" not in seen):
        assert process.running, process.text
        seen |= private(world.data)
        await asyncio.sleep(0.002)
    await process.kill()
    seen |= private(world.data)
    assert {"state.sqlite", "state.sqlite-wal", "state.sqlite-shm", "lock"} <= seen
    assert ("ci-health.duckdb" in seen) == embedded


def private(folder: Path) -> set[str]:
    """Names of the files in a folder, each of which nobody else can read."""
    names = set()
    for file in folder.rglob("*") if folder.exists() else ():
        try:
            mode = file.stat().st_mode
        except FileNotFoundError:
            continue
        assert stat.S_IMODE(mode) & 0o077 == 0, file
        names.add(file.name)
    return names


async def all_commands(world: World) -> None:
    for command in COMMANDS:
        await world.run(*command)
