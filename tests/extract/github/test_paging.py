"""Windows of runs whose pages shift, break off, or make no sense."""

from collections.abc import AsyncIterator, Callable

import pytest

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.extract.github.runs import list_window
from etl.extract.github.windows import DAY_S, Window
from etl.settings import GitHubSettings
from tests.demo.samples import FLOW, LATER, NAME, START, history, run

DAY = Window(START - START % DAY_S, START - START % DAY_S + DAY_S - 1)
PAGE_2 = r"[?&]page=2"


@pytest.fixture
def server() -> SimulatedGitHub:
    return SimulatedGitHub(history(), clock=MovingClock(LATER))


@pytest.fixture
async def client(server: SimulatedGitHub) -> AsyncIterator[RepositoryClient]:
    clock = MovingClock(LATER)
    async with server as url:
        settings = GitHubSettings(token="secret", api_url=url)
        async with GitHub(settings, clock=clock, sleep=clock.sleep) as github:
            yield RepositoryClient(github, NAME)


def fill(server: SimulatedGitHub, count: int, step: int = 1) -> None:
    runs = server.history.repositories[0].runs
    runs += [run(number, START + number * step) for number in range(1, count + 1)]


def drop_newest(server: SimulatedGitHub) -> Callable[[], None]:
    def drop() -> None:
        server.history.repositories[0].runs.pop()

    return drop


async def test_a_run_deleted_while_paging_loses_no_other(
    server: SimulatedGitHub, client: RepositoryClient
) -> None:
    fill(server, 150)
    server.faults.add("created=", faults.after(drop_newest(server)))
    listing = await list_window(client, DAY, [FLOW])
    assert set(listing.runs) >= set(range(1, 150))
    assert listing.anomalies == []


async def test_a_run_inserted_while_paging_costs_no_second_walk(
    server: SimulatedGitHub, client: RepositoryClient
) -> None:
    fill(server, 150)
    server.faults.add("created=", faults.after(lambda: fill_one_more(server)))
    listing = await list_window(client, DAY, [FLOW])
    assert set(listing.runs) >= set(range(1, 151))
    assert client.requests == 2


def fill_one_more(server: SimulatedGitHub) -> None:
    server.history.repositories[0].runs.append(run(151, START + 151))


@pytest.mark.parametrize("count", [1_000, 1_001])
async def test_one_second_that_cannot_be_split_is_read_to_the_cap(
    server: SimulatedGitHub, client: RepositoryClient, count: int
) -> None:
    fill(server, count, step=0)
    listing = await list_window(client, Window(START, START), [FLOW])
    assert len(listing.runs) == 1_000
    assert "window truncated" in {anomaly.kind for anomaly in listing.anomalies}


@pytest.mark.parametrize("link", ["https://elsewhere.example/x", "http://[x"])
async def test_a_page_that_leads_elsewhere_affects_nothing_else(
    server: SimulatedGitHub, client: RepositoryClient, link: str
) -> None:
    fill(server, 150)
    server.faults.add(PAGE_2, faults.status(302, headers={"location": link}))
    listing = await list_window(client, DAY, [FLOW])
    assert len(listing.runs) == 100
    assert [anomaly.kind for anomaly in listing.anomalies] == ["page"]
    assert all("page=2" not in tag.url for tag in listing.tags)


async def test_a_run_that_cannot_be_read_is_logged_once_though_walked_twice(
    server: SimulatedGitHub, client: RepositoryClient
) -> None:
    fill(server, 150)

    def broken(data: dict[str, list[object]]) -> dict[str, list[object]]:
        return data | {"workflow_runs": ["nonsense", *data["workflow_runs"][1:]]}

    server.faults.add(PAGE_2, faults.status(422))
    server.faults.add(r"per_page=100$", faults.changed(broken), times=2)
    listing = await list_window(client, DAY, [FLOW])
    assert [anomaly.kind for anomaly in listing.anomalies] == ["workflow_runs"]
    assert len(listing.runs) == 149
