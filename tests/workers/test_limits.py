"""The rate limit of one token, kept to by all who use it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.server import SimulatedGitHub
from etl.errors import RateLimitedError, RetriableError
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.model.rate_limit import Budget
from etl.settings import GitHubSettings
from etl.state.database import open_database
from etl.state.rate_limits import RateLimits
from tests.demo.samples import LATER, NAME, history, run


@pytest.fixture
def budgets(state_url: str) -> Iterator[RateLimits]:
    engine = open_database(state_url)
    yield RateLimits(engine)
    engine.dispose()


@dataclass(frozen=True, slots=True)
class Shared:
    """The limits as workers ask for them."""

    limits: RateLimits

    async def exchange(self, identity: str, told: Budget) -> Budget:
        return self.limits.exchange(identity, told)


@asynccontextmanager
async def workers(
    number: int, board: RateLimits, *, rate_limit: int = 5_000, **settings: Any
) -> AsyncIterator[tuple[SimulatedGitHub, list[GitHub]]]:
    """GitHub as so many workers ask it, with one token."""
    clock = MovingClock(LATER)
    server = SimulatedGitHub(history(*map(run, range(1, 4))), clock=clock, rate_limit=rate_limit)
    async with server as url, AsyncExitStack() as stack:
        made = GitHubSettings(token="secret", api_url=url, concurrency=2, max_wait="1s", **settings)
        yield (
            server,
            [
                await stack.enter_async_context(
                    GitHub(made, clock=clock, sleep=clock.sleep, shared_limits=Shared(board))
                )
                for _ in range(number)
            ],
        )


async def test_three_workers_leave_the_reserve_as_one_does(budgets: RateLimits) -> None:
    async with workers(3, budgets, rate_limit=100, reserve=10) as (server, crew):
        clients = [RepositoryClient(github, NAME) for github in crew]
        asked = (clients[index % 3].page("/actions/runs", conditional=False) for index in range(150))
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert {type(answer) for answer in answers if isinstance(answer, Exception)} == {RateLimitedError}
        # What was under way when the reserve was reached may go below it, no more: two of each worker.
        assert 90 <= len(server.log.requests) <= 90 + 3 * 2
        assert {request.status for request in server.log.requests} == {200}


async def test_a_wait_that_one_is_asked_for_is_kept_by_all(budgets: RateLimits) -> None:
    async with workers(2, budgets) as (server, (first, second)):
        server.faults.add("", faults.too_many("900"))
        for github in (first, second):
            with pytest.raises(RetriableError, match="max_wait"):
                await RepositoryClient(github, NAME).page("/actions/runs")
        assert len(server.log.requests) == 1


async def test_other_tokens_have_limits_of_their_own(budgets: RateLimits) -> None:
    budgets.exchange("one", Budget(100, 5, LATER, LATER, "a wait"))
    assert budgets.exchange("two", Budget()) == Budget()


def test_of_one_window_the_smallest_rest_counts_and_of_several_the_last(budgets: RateLimits) -> None:
    budgets.exchange("one", Budget(100, 50, 1_000.0))
    assert budgets.exchange("one", Budget(100, 60, 1_000.0)).remaining == 50
    assert budgets.exchange("one", Budget(100, 40, 1_000.0)).remaining == 40
    assert budgets.exchange("one", Budget(100, 99, 4_600.0)) == Budget(100, 99, 4_600.0)
    assert budgets.exchange("one", Budget(100, 10, 1_000.0)).remaining == 99
    assert budgets.exchange("one", Budget()).remaining == 99


def test_of_waits_the_longest_counts(budgets: RateLimits) -> None:
    budgets.exchange("one", Budget(held_until=500.0, held_by="first"))
    assert budgets.exchange("one", Budget(held_until=400.0, held_by="second")).held_by == "first"
    assert budgets.exchange("one", Budget(held_until=600.0, held_by="third")).held_until == 600.0
