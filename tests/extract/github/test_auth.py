import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from etl.demo import faults
from etl.demo.app import Installation, SimulatedApp
from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.errors import ConfigurationError, FatalError, RetriableError
from etl.extract.github.api import GitHub
from etl.extract.github.auth import TokenAuth, identity_of
from etl.extract.github.client import RepositoryClient
from etl.settings import AppSettings, GitHubSettings
from tests.demo.samples import LATER, NAME, history, run

TOKENS = "/app/installations/12/access_tokens"


def public(key: rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


@pytest.fixture
def key_file(key: rsa.RSAPrivateKey, tmp_path: Path) -> Path:
    file = tmp_path / "app.pem"
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    return file


@pytest.fixture
def key_lines(key_file: Path) -> list[str]:
    return ["topsecret", *key_file.read_text("utf-8").splitlines()[1:-1]]


@pytest.fixture
def server(key: rsa.RSAPrivateKey) -> SimulatedGitHub:
    simulated = SimulatedGitHub(history(run(1)), clock=MovingClock(LATER))
    simulated.app = SimulatedApp(5, public(key), [Installation(12, "acme")])
    return simulated


@asynccontextmanager
async def installed(
    server: SimulatedGitHub, file: Path
) -> AsyncIterator[tuple[RepositoryClient, MovingClock]]:
    clock = server.clock
    assert isinstance(clock, MovingClock)
    app = AppSettings(app_id=5, installation_id=12, private_key_file=file)
    async with server as url:
        settings = GitHubSettings(app=app, api_url=url)
        async with GitHub(settings, clock=clock, sleep=clock.sleep) as github:
            yield RepositoryClient(github, NAME), clock


async def test_an_app_asks_as_its_installation(server: SimulatedGitHub, key_file: Path) -> None:
    async with installed(server, key_file) as (client, _):
        assert (await client.item("/actions/runs"))["total_count"] == 1
        token, asked = server.log.requests
        assert (token.method, token.path, token.status) == ("POST", TOKENS, 201)
        assert (asked.token, asked.status) == (f"ghs_12_{LATER}", 200)


async def test_a_token_is_used_until_five_minutes_before_it_ends(
    server: SimulatedGitHub, key_file: Path
) -> None:
    async with installed(server, key_file) as (client, clock):
        await client.item("")
        clock.advance(3_600 - 300)
        await client.item("")
        assert len(server.log.paths(TOKENS)) == 1
        clock.advance(1)
        await client.item("")
        assert len(server.log.paths(TOKENS)) == 2
        assert server.log.requests[-1].token == f"ghs_12_{LATER + 3_301}"


async def test_many_requests_renew_once(server: SimulatedGitHub, key_file: Path) -> None:
    async with installed(server, key_file) as (client, _):
        await asyncio.gather(*(client.item("/actions/runs/1") for _ in range(20)))
        assert len(server.log.paths(TOKENS)) == 1
        assert len(server.log.requests) == 21


async def test_a_token_that_ends_during_a_wait_is_renewed(server: SimulatedGitHub, key_file: Path) -> None:
    async with installed(server, key_file) as (client, clock):
        await client.item("")
        clock.advance(3_000)
        server.faults.add("/repos/", faults.too_many("1200"))
        await client.item("")
        assert len(server.log.paths(TOKENS)) == 2
        assert server.log.requests[-1].token == f"ghs_12_{LATER + 4_200}"


async def test_a_bad_moment_of_the_renewal_heals(server: SimulatedGitHub, key_file: Path) -> None:
    async with installed(server, key_file) as (client, _):
        server.faults.add(TOKENS, faults.status(502))
        assert (await client.item("/actions/runs"))["total_count"] == 1


async def test_the_key_of_another_app_is_refused(server: SimulatedGitHub, key_file: Path) -> None:
    assert server.app
    server.app.public_key = public(rsa.generate_private_key(65_537, 2_048))
    async with installed(server, key_file) as (client, _):
        with pytest.raises(FatalError, match="401"):
            await client.item("")


@pytest.mark.parametrize("expires", [None, "soon", 5])
async def test_an_answer_without_a_token_is_asked_for_again(
    server: SimulatedGitHub, key_file: Path, expires: object
) -> None:
    async with installed(server, key_file) as (client, _):
        server.faults.add(TOKENS, faults.changed(lambda data: data | {"expires_at": expires}))
        with pytest.raises(RetriableError, match="no installation token") as caught:
            await client.item("")
        assert "ghs_" not in str(caught.value)


async def test_a_missing_key_file_is_named(server: SimulatedGitHub, tmp_path: Path) -> None:
    async with installed(server, tmp_path / "missing.pem") as (client, _):
        with pytest.raises(
            ConfigurationError, match=r"private_key_file .*missing\.pem cannot be read: No such"
        ):
            await client.item("")
        assert server.log.requests == []


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "garbage": lambda _: b"topsecret",
    "half": lambda whole: whole[: len(whole) // 2],
    "binary": lambda whole: b"\xff\xfe\x00" + whole,
    "empty": lambda _: b"",
    "public": lambda whole: public(cast("rsa.RSAPrivateKey", load_pem_private_key(whole, None))),
}


@pytest.fixture(params=DAMAGE)
def damaged_file(key_file: Path, request: pytest.FixtureRequest) -> Path:
    damaged = key_file.with_name("damaged.pem")
    damaged.write_bytes(DAMAGE[request.param](key_file.read_bytes()))
    return damaged


async def test_a_file_that_holds_no_key_is_named_without_its_text(
    server: SimulatedGitHub, damaged_file: Path, key_lines: list[str]
) -> None:
    async with installed(server, damaged_file) as (client, _):
        with pytest.raises(ConfigurationError, match=r"damaged\.pem holds no private key") as caught:
            await client.item("")
    assert caught.value.__suppress_context__
    assert not any(line in str(caught.value) for line in key_lines)


async def test_a_personal_token_is_itself() -> None:
    assert await TokenAuth("secret").token() == "secret"


def test_an_identity_tells_tokens_apart_and_hides_them() -> None:
    assert identity_of("ghp_a") == identity_of("ghp_a") != identity_of("ghp_b")
    assert "ghp_a" not in identity_of("ghp_a")
