"""Who sees what, of a real server: this machine, others without a token, others with it."""

import base64
from pathlib import Path

import pytest

from etl.errors import ConfigurationError
from tests.http.serving import served
from tests.pipeline.world import HOUR, NAME, NOON, World, attempt, job, run, simulated

PAGES = ["/metrics", "/report", f"/badge/{NAME}.svg"]
TOKEN = "a-token-of-a-test"
ELSEWHERE = "ci.example.org"


def basic(password: str) -> str:
    return "Basic " + base64.b64encode(b"anybody:" + password.encode()).decode()


def private(world: World, *, private: bool) -> None:
    world.repository.private = private
    world.add(run(NOON - HOUR, attempt(NOON - HOUR, job("unit", NOON - HOUR + 5))))


@pytest.mark.parametrize("path", PAGES)
async def test_this_machine_sees_everything_without_a_token(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path) as world:
        private(world, private=True)
        async with served(world) as service:
            await service.until_synced()
            assert (await service.get(path)).status == 200
            # A page in a browser that got here by another name is nobody of this machine.
            assert (await service.get(path, Host=ELSEWHERE)).status == 401
            # Nor is whoever comes through a proxy.
            for header in ("X-Forwarded-For", "Forwarded", "Via"):
                answer = await service.ask("GET", path, headers={header: "198.51.100.7"})
                assert answer.status == 401


ELSEWHERE_EMBEDDED = [
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Dest": "image"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "iframe"},
    {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "empty", "Origin": "https://evil.example"},
    {"Referer": "https://evil.example/page"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("token", [None, TOKEN])
async def test_what_another_site_embeds_does_not_tell_what_is_there(
    tmp_path: Path, token: str | None
) -> None:
    own = {} if token is None else {"Authorization": basic(token)}
    async with simulated(tmp_path) as world:
        private(world, private=True)
        async with served(world, http={} if token is None else {"token": token}) as service:
            await service.until_synced()
            badge = f"/badge/{NAME}.svg"
            for headers in ELSEWHERE_EMBEDDED:
                answers = [
                    await service.ask("GET", path, headers=own | headers)
                    for path in (badge, "/badge/acme/unheard-of.svg")
                ]
                assert [answer.status for answer in answers] == [401, 401]
                assert answers[0].text == answers[1].text
            for headers in (
                {"Sec-Fetch-Site": "none", "Sec-Fetch-Dest": "document"},
                {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"},
                {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"},
                {"Referer": f"{service.url}/report"},
            ):
                assert (await service.ask("GET", badge, headers=own | headers)).status == 200


async def test_what_is_public_is_for_everybody(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        private(world, private=False)
        async with served(world) as service:
            await service.until_synced()
            for path in PAGES:
                assert (await service.get(path, Host=ELSEWHERE)).status == 200, path


UNHEARD_OF = ("/badge/acme/unheard-of.svg", "/report?repository=acme/unheard-of")


async def test_a_token_is_asked_of_everybody_and_hides_what_is_there(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        private(world, private=True)
        async with served(world, http={"token": TOKEN}) as service:
            await service.until_synced()
            for path in (*PAGES, *UNHEARD_OF):
                refused = await service.get(path)
                assert refused.status == 401, path
                assert refused.headers["WWW-Authenticate"].startswith("Basic ")
                assert "http.token" in refused.json["error"]
                for wrong in (
                    "Bearer",
                    "Bearer ",
                    f"Bearer {TOKEN}x",
                    basic(""),
                    "Basic %%%",
                    f"Token {TOKEN}",
                ):
                    assert (await service.get(path, Authorization=wrong)).status == 401, (path, wrong)
                expected = 404 if path in UNHEARD_OF else 200
                for right in (f"Bearer {TOKEN}", f"bearer  {TOKEN}", basic(TOKEN)):
                    assert (await service.get(path, Authorization=right)).status == expected, (path, right)


@pytest.mark.parametrize("path", ["/metrics", "/report", f"/report?repository={NAME}", "/"])
async def test_a_token_is_asked_also_for_what_is_public(tmp_path: Path, path: str) -> None:
    async with simulated(tmp_path) as world:
        private(world, private=False)
        async with served(world, http={"token": TOKEN}) as service:
            await service.until_synced()
            for host in (ELSEWHERE, "localhost"):
                assert (await service.get(path, Host=host)).status == 401
                assert (await service.get(path, Host=host, Authorization=f"Bearer {TOKEN}")).status == 200


async def test_badges_of_public_repositories_are_for_readmes_and_need_no_token(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        private(world, private=False)
        async with served(world, http={"token": TOKEN}) as service:
            await service.until_synced()
            badge, embedded = f"/badge/{NAME}.svg", ELSEWHERE_EMBEDDED[0]
            assert (await service.ask("GET", badge, headers=embedded)).status == 200
            private(world, private=True)
        async with served(world, http={"token": TOKEN}) as service:
            await service.until_synced()
            assert (await service.ask("GET", badge, headers=embedded)).status == 401


async def test_a_repository_that_was_never_read_counts_as_private(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        private(world, private=False)
        async with served(world, repositories=[NAME, "acme/new"]) as service:
            await service.until_synced(2)
            assert (await service.get(f"/badge/{NAME}.svg", Host=ELSEWHERE)).status == 200
            for path in ("/metrics", "/report", "/badge/acme/new.svg"):
                assert (await service.get(path, Host=ELSEWHERE)).status == 401


async def test_a_repository_that_becomes_private_is_hidden_with_the_next_sync(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        private(world, private=False)
        await world.sync_well()
        private(world, private=True)
        async with served(world) as service:
            await service.until_synced()
            assert (await service.get("/metrics", Host=ELSEWHERE)).status == 401


async def test_health_is_for_everybody(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http={"token": TOKEN}) as service:
        for path in ("/healthz", "/readyz"):
            assert (await service.get(path, Host=ELSEWHERE)).status == 200


async def test_what_is_not_there_is_a_sentence_and_nothing_guesses(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as service:
        lost = await service.get("/nowhere")
        assert lost.status == 404
        assert set(lost.json) == {"error"}
        assert lost.headers["X-Content-Type-Options"] == "nosniff"
        assert (await service.ask("POST", "/metrics")).status == 405


async def test_a_port_that_is_taken_is_reported_with_what_to_do(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world) as first:
        port = int(first.url.rpartition(":")[2])
        with pytest.raises(ConfigurationError, match=rf"port {port}: .*; set http\.host and http\.port"):
            async with served(world, data="other", http={"port": port}):
                pass


async def test_without_the_server_nothing_listens(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, world.pipeline(http={"enabled": False}) as pipeline:
        assert pipeline.settings.http.enabled is False
