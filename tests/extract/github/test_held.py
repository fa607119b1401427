"""What one request learns and all others of the token have to keep to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.errors import DataError, FatalError, RetriableError
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.settings import GitHubSettings
from tests.demo.samples import LATER, NAME, history, run


@asynccontextmanager
async def asking(
    *, rate_limit: int = 5_000, **settings: Any
) -> AsyncIterator[tuple[SimulatedGitHub, GitHub, MovingClock]]:
    clock = MovingClock(LATER)
    server = SimulatedGitHub(history(*map(run, range(1, 4))), clock=clock, rate_limit=rate_limit)
    async with server as url:
        made = GitHubSettings(token="secret", api_url=url, **settings)
        async with GitHub(made, clock=clock, sleep=clock.sleep) as github:
            yield server, github, clock


async def test_what_queues_for_a_connection_keeps_the_reserve() -> None:
    async with asking(rate_limit=100, reserve=10, concurrency=2, max_wait="1s") as (_, github, _clock):
        client = RepositoryClient(github, NAME)
        asked = (client.page("/actions/runs", conditional=False) for _ in range(150))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        refused = [answer for answer in answers if isinstance(answer, RetriableError)]
        assert len(refused) == 150 - client.requests
        # What was under way when the reserve was reached may go below it, no more.
        assert 90 <= client.requests <= 92


async def test_a_secondary_limit_holds_every_request_of_the_token() -> None:
    async with asking(max_wait="10m") as (server, github, clock):
        server.faults.add("/actions/runs/1$", faults.secondary_limit("500"))
        waiting, woken = asyncio.Event(), asyncio.Event()

        async def sleep(seconds: float) -> None:
            waiting.set()
            await woken.wait()
            clock.advance(seconds)

        github._sleep = sleep
        held = asyncio.create_task(RepositoryClient(github, NAME).item("/actions/runs/1"))
        await waiting.wait()
        other = asyncio.create_task(RepositoryClient(github, NAME).item("/actions/runs/2"))
        await asyncio.sleep(0.1)
        assert [request.status for request in server.log.requests] == [403]
        woken.set()
        await asyncio.gather(held, other)
        assert [request.status for request in server.log.requests] == [403, 200, 200]


async def test_a_limit_that_is_too_long_for_one_is_too_long_for_all() -> None:
    async with asking(max_wait="10m") as (server, github, _clock):
        server.faults.add("", faults.too_many("900"))
        for _ in range(2):
            with pytest.raises(RetriableError, match="max_wait"):
                await RepositoryClient(github, NAME).page("/actions/runs")
        assert len(server.log.requests) == 1


@pytest.mark.parametrize("reset", [0, LATER - 60])
async def test_a_limit_that_says_it_is_over_and_is_not_ends_after_few_requests(reset: int) -> None:
    async with asking() as (server, github, _clock):
        server.faults.add("", faults.primary_limit(reset), times=None)
        with pytest.raises(RetriableError):
            await RepositoryClient(github, NAME).page("/actions/runs")
        assert len(server.log.requests) <= 13


@pytest.mark.parametrize("status", [300, 302, 303])
async def test_a_redirect_that_leads_nowhere_is_no_data(status: int) -> None:
    async with asking() as (server, github, _clock):
        server.faults.add("", faults.status(status))
        with pytest.raises(DataError, match="nowhere"):
            await RepositoryClient(github, NAME).page("")


async def test_a_certificate_that_is_not_trusted_is_logged_once_and_how_to_trust_it(tmp_path: Path) -> None:
    requests = 0

    async def answer(_request: web.Request) -> web.Response:
        nonlocal requests
        requests += 1
        return web.json_response({})

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed(tmp_path)).start()
    clock = MovingClock(LATER)
    settings = GitHubSettings(token="secret", api_url=f"https://127.0.0.1:{runner.addresses[0][1]}")
    try:
        async with GitHub(settings, clock=clock, sleep=clock.sleep) as github:
            with pytest.raises(FatalError, match="SSL_CERT_FILE"):
                await RepositoryClient(github, NAME).page("")
    finally:
        await runner.cleanup()
    assert (requests, clock.now) == (0, LATER)


def self_signed(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        + made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
