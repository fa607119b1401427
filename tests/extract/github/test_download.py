import asyncio
import io
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import structlog
from aiohttp import web
from yarl import URL

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.history import Artifact as Uploaded
from etl.demo.history import Attempt
from etl.demo.server import SimulatedGitHub
from etl.errors import CiHealthError, DataError, FatalError, NotFoundError, RetriableError
from etl.extract.github.addresses import CheckedResolver, Policy
from etl.extract.github.client import RepositoryClient
from etl.extract.github.download import download
from etl.model.records import Artifact
from tests.demo.samples import LATER, NAME, START, history, job, run
from tests.extract.github.test_client import connected, serving
from tests.extract.github.test_held import self_signed

CONTENT = bytes(range(256)) * 2_000
ZIP = "/actions/artifacts/1/zip"
STORED = "^/artifacts/1"
GITHUB = "https://api.github.com"
SIGNED = "sig=topsecret"


def artifact(number: int = 1, **more: Any) -> Artifact:
    fields: dict[str, Any] = {
        "name": "junit", "size": len(CONTENT), "expired": False, "created_at": START, "run_id": 1, **more
    }  # fmt: skip
    return Artifact(number, **fields)


@dataclass(slots=True)
class World:
    server: SimulatedGitHub
    client: RepositoryClient

    async def download(self, wanted: Artifact | None = None, *, largest: int = 1 << 20) -> bytes:
        into = io.BytesIO(b"what was there before" * 100_000)
        await download(self.client, wanted or artifact(), into, largest=largest)
        return into.read()

    @property
    def asked(self) -> int:
        return len(self.server.log.paths("/zip"))


@asynccontextmanager
async def world(**settings: Any) -> AsyncIterator[World]:
    clock = MovingClock(LATER)
    uploads = (Uploaded(1, "junit", START + 50, CONTENT), Uploaded(2, "old", START + 50, expired=True))
    played = history(run(1, START, Attempt(START, (job(1, START, artifacts=uploads),))))
    server = SimulatedGitHub(played, clock=clock)
    async with server as url, connected(url, clock, **settings) as client:
        yield World(server, client)


async def test_a_download_has_the_content_and_the_storage_no_token() -> None:
    # The simulated storage answers 400 to whoever sends an Authorization header.
    async with world() as it:
        assert await it.download() == CONTENT
        assert (it.asked, it.client.requests) == (1, 1)


async def test_a_renamed_repository_is_found() -> None:
    async with world() as it:
        repository = it.server.history.repositories[0]
        repository.full_name, repository.former_names = "acme/comet", (NAME,)
        assert await it.download() == CONTENT
        assert it.client.requests == 2


async def test_what_has_expired_says_so() -> None:
    async with world() as it:
        with pytest.raises(DataError, match="expired"):
            await it.download(artifact(2))
        with pytest.raises(DataError, match="expired"):
            await it.download(artifact(expired=True))
        it.server.faults.add(STORED, faults.status(410))
        with pytest.raises(DataError, match="expired"):
            await it.download()
        assert it.asked == 2


async def test_what_is_not_there_is_not_found() -> None:
    async with world() as it:
        with pytest.raises(NotFoundError, match="artifacts/77"):
            await it.download(artifact(77))
        it.server.faults.add(STORED, faults.status(404))
        with pytest.raises(NotFoundError, match="storage"):
            await it.download()


async def test_a_url_that_expired_is_asked_for_again_once() -> None:
    async with world() as it:
        it.server.faults.add(ZIP, faults.after(lambda: setattr(it.server, "signed_s", 60)))
        it.server.signed_s = -1
        assert await it.download() == CONTENT
        assert it.asked == 2
        it.server.signed_s = -1
        with pytest.raises(DataError, match="refuses the download \\(403\\)"):
            await it.download()
        assert it.asked == 4


HEALS = {
    "502": faults.status(502),
    "503": faults.status(503),
    "429": faults.status(429),
    "cut connection": faults.cut_connection(),
}


@pytest.mark.parametrize("fault", HEALS)
async def test_a_bad_moment_of_the_storage_heals(fault: str) -> None:
    async with world(retries=2) as it:
        it.server.faults.add(STORED, HEALS[fault], times=2)
        assert await it.download() == CONTENT
        it.server.faults.add(STORED, HEALS[fault], times=3)
        with pytest.raises(RetriableError, match=f"storage .*{ZIP}"):
            await it.download()


async def test_the_api_has_its_own_patience() -> None:
    async with world(retries=1) as it:
        it.server.faults.add(ZIP, faults.status(502))
        it.server.faults.add(ZIP, faults.secondary_limit("17"))
        assert await it.download() == CONTENT
        it.server.faults.add(ZIP, faults.missing_permission("actions=read"))
        with pytest.raises(FatalError, match="actions=read"):
            await it.download()


async def test_an_answer_in_place_of_a_redirect_is_no_download() -> None:
    async with world() as it:
        it.server.faults.add(ZIP, faults.status(200))
        with pytest.raises(DataError, match="instead of naming"):
            await it.download()


async def test_a_download_is_bounded_whatever_it_says_of_itself() -> None:
    async with world() as it:
        assert await it.download(largest=len(CONTENT)) == CONTENT
        with pytest.raises(DataError, match="has 512000 bytes"):
            await it.download(largest=1_000)
        assert it.asked == 1
        with pytest.raises(DataError, match="more than 1000"):
            await it.download(artifact(size=1), largest=1_000)


async def endless(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(bytes(10_000))


async def never(_request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(5)
    raise AssertionError


async def packed(_request: web.Request) -> web.StreamResponse:
    return web.Response(body=b"\x1f\x8b", headers={"content-encoding": "gzip"})


@asynccontextmanager
async def pointing(to: str, then: Callable[[web.Request], Any] = never, **more: Any) -> AsyncIterator[World]:
    """An API whose redirects lead to `to`, and answer what is asked below `/stored` by `then`."""

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path.startswith("/stored"):
            assert "authorization" not in request.headers
            result: web.StreamResponse = await then(request)
            return result
        return web.Response(status=302, headers={"location": to.replace("HERE", f"http://{request.host}")})

    async with serving(answer) as url, connected(url, MovingClock(LATER), **more) as client:
        yield World(SimulatedGitHub(history()), client)


async def test_what_has_no_end_is_cut_off() -> None:
    async with pointing("HERE/stored", endless) as it:
        with pytest.raises(DataError, match="more than 50000 bytes"):
            await it.download(artifact(size=1), largest=50_000)


async def test_what_the_storage_packs_stays_packed() -> None:
    async with pointing("HERE/stored", packed) as it:
        assert await it.download() == b"\x1f\x8b"


async def test_a_storage_that_never_answers_is_given_up() -> None:
    async with pointing("HERE/stored", never, timeout=0.05, retries=1) as it:
        with pytest.raises(RetriableError, match="no answer in time"):
            await it.download()


async def test_a_signed_url_is_asked_letter_by_letter() -> None:
    seen: list[str] = []

    async def tell(request: web.Request) -> web.StreamResponse:
        seen.append(request.raw_path)
        return web.Response(body=b"content")

    async with pointing("HERE/stored/%7Ea%2fb?sig=a%2Bb%3D&x=~%41", tell) as it:
        assert await it.download() == b"content"
    assert seen == ["/stored/%7Ea%2fb?sig=a%2Bb%3D&x=~%41"]


@pytest.mark.parametrize(("redirects", "arrives"), [(2, True), (3, False)])
async def test_few_redirects_of_the_storage_are_followed(redirects: int, arrives: bool) -> None:
    async def again(request: web.Request) -> web.StreamResponse:
        number = int(request.query.get("n", "0"))
        if number == redirects:
            return web.Response(body=b"content")
        return web.Response(status=307, headers={"location": f"/stored?n={number + 1}"})

    async with pointing("HERE/stored", again) as it:
        if arrives:
            assert await it.download() == b"content"
        else:
            with pytest.raises(DataError, match="redirected more than 3 times"):
                await it.download()


ASTRAY = {
    f"ftp://127.0.0.1/x?{SIGNED}": "'ftp', not https",
    f"file:///etc/passwd?{SIGNED}": "'file', not https",
    f"//127.0.0.1:1/x?{SIGNED}": "not https",
    f"/relative?{SIGNED}": "not https",
    f"http://example.com/x?{SIGNED}": "'http', not https",
    f"https://10.0.0.1/x?{SIGNED}": "'10.0.0.1', which is no public address",
    f"https://169.254.169.254/x?{SIGNED}": "no public address",
    f"https://[::ffff:10.0.0.1]/x?{SIGNED}": "no public address",
    f"https://127.1/x?{SIGNED}": "no name",
    f"https://0177.0.0.1/x?{SIGNED}": "no name",
    f"https://user:secret@example.com/x?{SIGNED}": "with a user",
    f"https:///x?{SIGNED}": "without a host",
    f"https://[::1/x?{SIGNED}": "no URL",
    f"https://example.com:99999999/x?{SIGNED}": "no URL",
    f"https://{'a' * 70}.example/x?{SIGNED}": "no URL",
    f"https://ex\u00e4mple.com/x?{SIGNED}": "no URL",
}


@pytest.mark.parametrize(
    ("astray", "direct"),
    # What is relative leads the storage's own redirect back to itself.
    [(url, direct) for url in ASTRAY for direct in (True, False) if direct or url[0] != "/"],
)
async def test_what_leads_astray_is_not_followed_and_not_reported(astray: str, direct: bool) -> None:
    async def lead(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"location": astray})

    async with pointing(astray if direct else "HERE/stored", lead) as it:
        with pytest.raises(DataError, match=ASTRAY[astray]) as caught:
            await it.download()
        assert_untold(caught.value)


@pytest.mark.parametrize("name", ["rebinding.example", "localhost.example", "0x7f.1"])
async def test_a_name_that_resolves_to_loopback_is_not_followed(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolving(monkeypatch, "127.0.0.1")
    async with pointing(f"https://{name}/x?{SIGNED}") as it:
        with pytest.raises(DataError, match=f"'{name}', which is no public address") as caught:
            await it.download()
        assert_untold(caught.value)


async def test_a_storage_whose_certificate_is_not_trusted_is_named(tmp_path: Path) -> None:
    app = web.Application()
    app.router.add_get("/x", never)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self_signed(tmp_path)).start()
    try:
        async with pointing(f"https://127.0.0.1:{runner.addresses[0][1]}/x?{SIGNED}") as it:
            with pytest.raises(DataError, match=r"'127\.0\.0\.1' is not trusted.*SSL_CERT_FILE") as caught:
                await it.download()
            assert_untold(caught.value)
    finally:
        await runner.cleanup()


async def test_a_closed_storage_is_given_up_and_not_reported() -> None:
    async with pointing(f"http://localhost:1/x?{SIGNED}", retries=1) as it:
        with pytest.raises(RetriableError) as caught:
            await it.download()
        assert_untold(caught.value)


async def test_no_log_line_tells_the_signed_url() -> None:
    with structlog.testing.capture_logs() as lines:
        async with world(retries=1) as it:
            for trouble in (403, 404, 410, 418, 500):
                it.server.faults.add(STORED, faults.status(trouble, SIGNED), times=2)
                with pytest.raises(CiHealthError) as caught:
                    await it.download()
                assert_untold(caught.value)
                it.server.faults.clear()
    assert "sig=" not in str(lines)


def assert_untold(error: BaseException | None) -> None:
    while error is not None:
        assert "sig=" not in f"{error!s} {error!r}"
        assert "secret" not in f"{error!s} {error!r}"
        error = error.__cause__ or error.__context__


def resolving(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Let every name resolve to these."""
    found = [
        (
            socket.AF_INET6 if ":" in address else socket.AF_INET,
            socket.SOCK_STREAM,
            6,
            "",
            (address, 443, 0, 0) if ":" in address else (address, 443),
        )
        for address in addresses
    ]

    async def getaddrinfo(*_: Any, **__: Any) -> Any:
        return found

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", getaddrinfo)


async def test_of_several_addresses_only_public_ones_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    resolving(monkeypatch, "10.0.0.1", "140.82.112.3", "127.0.0.1", "::1", "2606:50c0::1")
    found = await CheckedResolver(Policy.of(GITHUB)).resolve("x.example", 443, socket.AF_UNSPEC)
    assert [item["host"] for item in found] == ["140.82.112.3", "2606:50c0::1"]


async def test_a_name_of_loopback_is_refused_where_the_api_is_elsewhere() -> None:
    with pytest.raises(DataError, match=r"'localhost'.*github\.download_hosts"):
        await CheckedResolver(Policy.of(GITHUB)).resolve("localhost", 443)
    trusting = CheckedResolver(Policy.of(GITHUB, ["localhost"]))
    assert (await trusting.resolve("localhost", 443))[0]["host"] == "127.0.0.1"


PRIVATE = [
    "0.0.0.0",  # noqa: S104
    "10.1.2.3",
    "100.64.0.1",
    "127.0.0.1",
    "127.9.9.9",
    "169.254.169.254",
    "168.63.129.16",
    "172.16.0.1",
    "192.0.0.192",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::a00:1",
    "2002:7f00:1::",
    "2001:0:a00:1::",
    "2001:db8::1",
    "3fff::1",
    "::ffff:168.63.129.16",
    "64:ff9b::a83f:8110",
    "2002:a83f:8110::",
    "fc00::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "nonsense",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_that_are_not_public_are_for_named_hosts_alone(address: str) -> None:
    policy = Policy.of("https://ghe.corp/api/v3", ["Minio.corp."])
    assert not policy.allows("x.example", address)
    assert not policy.allows("x.ghe.corp", address)
    for host in ("ghe.corp", "GHE.corp.", "minio.corp"):
        assert policy.allows(host, address) == (address != "nonsense")


@pytest.mark.parametrize(
    "address", ["140.82.112.3", "2606:50c0::1", "::ffff:140.82.112.3", "64:ff9b::8c52:7003"]
)
def test_public_addresses_are_for_all(address: str) -> None:
    assert Policy.of(GITHUB).allows("x.example", address)


@pytest.mark.parametrize("api", [GITHUB, "https://127.0.0.1:8443", "https://localhost"])
def test_plain_http_is_for_an_api_of_plain_http_alone(api: str) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]", "x.example"):
        with pytest.raises(DataError, match="not https"):
            Policy.of(api, ["localhost", "127.0.0.1", "x.example"]).check(URL(f"http://{host}/x"))


def test_plain_http_stays_on_loopback() -> None:
    policy = Policy.of("http://localhost:9000", ["x.example"])
    for host in ("127.0.0.1:1", "localhost", "[::1]:2"):
        policy.check(URL(f"http://{host}/x"))
    assert policy.allows("localhost", "127.0.0.1")
    assert not policy.allows("localhost", "140.82.112.3")
    with pytest.raises(DataError, match="not https"):
        policy.check(URL("http://x.example/x"))
