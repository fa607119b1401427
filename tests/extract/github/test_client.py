import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.errors import CiHealthError, ConfigurationError, DataError, FatalError, NotFoundError, RetriableError
from etl.extract.github import transport
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_all
from etl.extract.github.records import parse_run
from etl.model.pages import NoPageTags, PageTag, PageTags
from etl.settings import GitHubSettings
from tests.demo.samples import LATER, NAME, history, run

TOKEN = "ghp_verysecret"
RUNS = "/actions/runs?per_page=100"


@dataclass(slots=True)
class Tags(PageTags):
    """Tags in memory."""

    tags: dict[tuple[str, str], PageTag] = field(default_factory=dict)

    async def get(self, url: str, identity: str) -> PageTag | None:
        return self.tags.get((url, identity))

    def keep(self, tag: PageTag | None) -> None:
        assert tag is not None
        self.tags[tag.url, tag.identity] = tag


@dataclass(slots=True)
class World:
    server: SimulatedGitHub
    clock: MovingClock
    client: RepositoryClient

    @property
    def waited(self) -> float:
        return self.clock.now - LATER


@asynccontextmanager
async def connected(
    url: str, clock: MovingClock, *, token: str = TOKEN, tags: PageTags | None = None, **settings: Any
) -> AsyncIterator[RepositoryClient]:
    configured = GitHubSettings(token=token, api_url=url, **settings)
    async with GitHub(configured, clock=clock, sleep=clock.sleep) as github:
        yield RepositoryClient(github, NAME, tags)


@asynccontextmanager
async def world(*, server: dict[str, Any] | None = None, **settings: Any) -> AsyncIterator[World]:
    clock = MovingClock(LATER)
    simulated = SimulatedGitHub(history(*map(run, range(1, 4))), clock=clock, **(server or {}))
    async with simulated as url, connected(url, clock, **settings) as client:
        yield World(simulated, clock, client)


@asynccontextmanager
async def serving(handler: Callable[[web.Request], Any]) -> AsyncIterator[str]:
    """A server that answers everything by one handler; its URL."""
    app = web.Application()
    app.router.add_get("/{path:.*}", handler)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


HEALS = {
    "502": faults.status(502),
    "truncated JSON": faults.truncated_json(),
    "cut connection": faults.cut_connection(),
    "empty body": faults.empty_body(),
}


@pytest.mark.parametrize("fault", HEALS)
async def test_a_bad_moment_heals(fault: str) -> None:
    async with world() as it:
        it.server.faults.add("/actions/runs", HEALS[fault], times=2)
        page = await it.client.page(RUNS)
        assert (page.total_count, page.items) == (3, 3)
        assert it.client.requests == 3


@pytest.mark.parametrize("fault", HEALS)
async def test_what_never_heals_is_given_up_by_its_path(fault: str) -> None:
    async with world(retries=2) as it:
        it.server.faults.add("/actions/runs", HEALS[fault], times=None)
        with pytest.raises(RetriableError, match=f"/repos/{NAME}/actions/runs") as caught:
            await it.client.page(RUNS)
        assert it.client.requests == 3
        assert TOKEN not in str(caught.value)


async def test_without_retries_the_first_failure_counts() -> None:
    async with world(retries=0) as it:
        it.server.faults.add("", faults.status(502))
        with pytest.raises(RetriableError, match="502"):
            await it.client.page(RUNS)


async def test_a_used_up_limit_waits_until_its_reset() -> None:
    async with world(retries=0) as it:
        it.server.faults.add("", faults.primary_limit(LATER + 1_200))
        assert (await it.client.page(RUNS)).items == 3
        assert it.waited == 1_201


async def test_a_limit_that_is_really_used_up_is_waited_for() -> None:
    async with world(server={"rate_limit": 4}, retries=0, reserve=0) as it:
        for _ in range(6):
            assert (await it.client.page(RUNS)).items == 3
        assert it.waited == 3_601
        assert {request.status for request in it.server.log.requests} == {200}


async def test_a_secondary_limit_waits_longer_each_time() -> None:
    async with world(retries=0) as it:
        it.server.faults.add("", faults.secondary_limit(), times=3)
        assert (await it.client.page(RUNS)).items == 3
        assert it.waited == 60 + 120 + 240


@pytest.mark.parametrize("limit", [faults.secondary_limit, faults.too_many])
async def test_retry_after_is_obeyed(limit: Callable[[str], faults.Respond]) -> None:
    async with world(retries=0) as it:
        it.server.faults.add("", limit("17"))
        assert (await it.client.page(RUNS)).items == 3
        assert it.waited == 17


async def test_429_without_retry_after_waits_a_minute() -> None:
    async with world(retries=0) as it:
        it.server.faults.add("", faults.too_many())
        assert (await it.client.page(RUNS)).items == 3
        assert it.waited == 60


async def test_a_missing_permission_is_named_and_not_retried() -> None:
    async with world() as it:
        it.server.faults.add("", faults.missing_permission("actions=read"), times=None)
        with pytest.raises(FatalError, match="actions=read") as caught:
            await it.client.page(RUNS)
        assert caught.value.status == 403
        assert (it.client.requests, it.waited) == (1, 0)


async def test_a_wait_that_is_too_long_is_an_error_at_once() -> None:
    async with world(max_wait="10m") as it:
        it.server.faults.add("", faults.too_many("601"))
        with pytest.raises(RetriableError, match=r"github\.max_wait") as caught:
            await it.client.page(RUNS)
        assert (caught.value.retry_after, it.waited) == (601, 0)


@pytest.mark.parametrize("retry_after", ["", "0", "200"])
async def test_waits_add_up_to_the_longest(retry_after: str) -> None:
    async with world(max_wait="10m") as it:
        it.server.faults.add("", faults.too_many(retry_after), times=None)
        with pytest.raises(RetriableError):
            await it.client.page(RUNS)
        assert 400 <= it.waited <= 600


async def test_the_reserve_is_left_to_others() -> None:
    async with world(server={"rate_limit": 50}, reserve=5) as it:
        for _ in range(45):
            await it.client.page("", conditional=False)
        assert (it.waited, it.client.rate_limit_remaining) == (0, 5)
        await it.client.page("")
        assert (it.waited, it.client.rate_limit_remaining) == (3_601, 49)


async def test_what_did_not_change_costs_no_rate_limit() -> None:
    tags = Tags()
    async with world(tags=tags) as it:
        first = await it.client.page(RUNS)
        tags.keep(first.tag)
        left = it.client.rate_limit_remaining
        again = await it.client.page(RUNS)
        assert again.not_modified
        assert (again.data, again.total_count, again.items, again.tag) == (None, 3, 3, None)
        assert (it.client.rate_limit_remaining, it.client.not_modified) == (left, 1)
        assert not (await it.client.page(RUNS, conditional=False)).not_modified
        it.server.history.repositories[0].runs.append(run(9))
        assert (await it.client.page(RUNS)).items == 4


async def test_another_token_asks_anew() -> None:
    tags = Tags()
    async with world(tags=tags) as it:
        tags.keep((await it.client.page(RUNS)).tag)
        async with connected(it.server.url, it.clock, token="other", tags=tags) as other:
            assert (await other.page(RUNS)).items == 3
        assert [request.status for request in it.server.log.requests] == [200, 200]


async def test_304_that_was_not_asked_for_is_no_data() -> None:
    async with world(tags=NoPageTags()) as it:
        it.server.faults.add("", faults.status(304))
        with pytest.raises(DataError, match="304"):
            await it.client.page(RUNS)


async def test_a_renamed_repository_is_followed_through_its_pages() -> None:
    async with world() as it:
        repository = it.server.history.repositories[0]
        repository.full_name, repository.former_names = "acme/renamed", (NAME,)
        assert (await it.client.item(""))["full_name"] == "acme/renamed"
        listing = await list_all(it.client, "/actions/runs?per_page=1", "workflow_runs", parse_run)
        assert sorted(item.id for item in listing.items) == [1, 2, 3]
        assert it.server.log.paths("/repositories/42/actions/runs?per_page=1&page=3")


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:1/x", "https://evil.example/x", "//evil.example", "http://[x"]
)
async def test_a_redirect_to_another_host_is_refused(location: str) -> None:
    async with world() as it:
        it.server.faults.add("", faults.status(301, headers={"location": location}), times=None)
        with pytest.raises(DataError, match="not followed"):
            await it.client.page(RUNS)
        assert it.client.requests == 1


async def test_a_next_page_on_another_host_is_refused() -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response([], headers={"link": '<https://evil.example/repos/x/y?page=2>; rel="next"'})

    async with serving(answer) as url, connected(url, MovingClock(LATER)) as client:
        with pytest.raises(DataError, match="another host"):
            await client.page(RUNS)


async def test_redirects_in_a_circle_end() -> None:
    async with world() as it:
        it.server.faults.add("", faults.status(302, headers={"location": "/repos/a/b"}), times=None)
        with pytest.raises(DataError, match="redirects more than 3 times"):
            await it.client.page(RUNS)


async def test_a_refused_token_says_what_to_set() -> None:
    async with world(server={"tokens": ["another"]}) as it:
        with pytest.raises(FatalError, match="GITHUB_TOKEN") as caught:
            await it.client.page(RUNS)
        assert TOKEN not in str(caught.value)
        assert it.client.requests == 1


async def test_a_missing_token_is_reported_before_anything_is_asked() -> None:
    with pytest.raises(ConfigurationError, match="GITHUB_TOKEN"):
        GitHub(GitHubSettings())


async def test_what_is_not_there_is_not_found() -> None:
    async with world() as it:
        with pytest.raises(NotFoundError, match=f"/repos/{NAME}/actions/runs/77"):
            await it.client.item("/actions/runs/77")


async def test_a_closed_port_names_the_address() -> None:
    async with world() as it:
        await it.server.stop()
        with pytest.raises(RetriableError, match=it.server.url):
            await it.client.page(RUNS)


async def test_an_answer_that_never_comes_is_given_up() -> None:
    async def never(_request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        raise AssertionError

    async with serving(never) as url, connected(url, MovingClock(LATER), timeout=0.05, retries=1) as client:
        with pytest.raises(RetriableError, match="no answer in time"):
            await client.page(RUNS)


async def test_no_more_requests_are_under_way_than_allowed() -> None:
    under_way = most = 0

    async def count(_request: web.Request) -> web.Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.005)
        under_way -= 1
        return web.json_response({})

    async with serving(count) as url, connected(url, MovingClock(LATER), concurrency=3) as client:
        await asyncio.gather(*(client.page(f"/{number}") for number in range(20)))
    assert most == 3


WRONG = {"a list": [], "a number": 5, "text": "runs", "no list": {"workflow_runs": 5}, "nothing": {}}


@pytest.mark.parametrize("shape", WRONG)
async def test_an_answer_of_the_wrong_shape_is_no_data(shape: str) -> None:
    async with world() as it:
        it.server.faults.add("", faults.changed(lambda _: WRONG[shape]))
        with pytest.raises(DataError, match="no list workflow_runs"):
            await list_all(it.client, RUNS, "workflow_runs", parse_run)


async def test_an_item_of_the_wrong_shape_affects_nothing_else() -> None:
    def broken(data: Any) -> Any:
        data["workflow_runs"][1] = "nonsense"
        return data

    async with world() as it:
        it.server.faults.add("", faults.changed(broken))
        listing = await list_all(it.client, RUNS, "workflow_runs", parse_run)
        assert (len(listing.items), listing.received) == (2, 3)
        assert RUNS in listing.anomalies[0].url


@pytest.mark.parametrize("body", [b"<html>", b"\xff\xfe", b"[" * 100_000, b"9" * 10_000])
async def test_what_is_no_json_is_given_up(body: bytes) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=body)

    async with serving(answer) as url, connected(url, MovingClock(LATER), retries=1) as client:
        with pytest.raises(RetriableError, match="no valid JSON"):
            await client.page(RUNS)


async def test_an_answer_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_MAX_BODY", 1_000)
    async with world() as it:
        with pytest.raises(DataError, match="larger than 1000 bytes"):
            await it.client.page(RUNS)
        assert it.client.requests == 1


TROUBLES = {
    "400": faults.status(400, "no"),
    "401": faults.status(401),
    "404": faults.status(404),
    "500": faults.status(500),
    "429": faults.too_many("99999"),
    "403": faults.missing_permission("actions=read"),
    "cut": faults.cut_connection(),
    "redirect": faults.status(301, headers={"location": "https://evil.example"}),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_no_error_shows_the_token(trouble: str) -> None:
    async with world(retries=1) as it:
        it.server.faults.add("", TROUBLES[trouble], times=None)
        with pytest.raises(CiHealthError) as caught:
            await it.client.page(RUNS)
        error: BaseException | None = caught.value
        while error is not None:
            assert TOKEN not in f"{error!s} {error!r}"
            error = error.__cause__ or error.__context__
