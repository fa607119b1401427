"""Which pull request a run or a commit belongs to, at a simulated GitHub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from etl.demo.clock import MovingClock
from etl.demo.history import PullRequest
from etl.demo.server import SimulatedGitHub
from etl.errors import NotFoundError
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.extract.github.pull_requests import (
    pull_request,
    pull_request_of_branch,
    pull_request_of_commit,
    pull_request_of_run,
)
from etl.settings import GitHubSettings
from tests.demo.samples import LATER, NAME, START, history, run

OLD, NEW, FORKED = "1" * 40, "2" * 40, "3" * 40
REQUESTS = [
    PullRequest(1, "topic", "9" * 40, START, is_open=False),
    PullRequest(2, "topic", NEW, START),
    PullRequest(3, "topic", FORKED, START, fork=True),
]
RUNS = [
    run(1, head_branch="topic", head_sha=OLD),
    run(2, head_branch="topic", head_sha=NEW),
    run(3, head_branch="topic", head_sha=FORKED, fork=True),
    run(4, head_branch="main", head_sha="4" * 40),
    # A fork may call its branch as it likes: the commit is not that of pull request 2.
    run(5, head_branch="topic", head_sha="5" * 40, fork=True),
]


@asynccontextmanager
async def asking() -> AsyncIterator[RepositoryClient]:
    clock = MovingClock(LATER)
    server = SimulatedGitHub(history(*RUNS, pull_requests=REQUESTS), clock=clock)
    async with server as url:
        settings = GitHubSettings.model_validate({"api_url": url, "token": "secret"})
        async with GitHub(settings, clock=clock, sleep=clock.sleep) as github:
            yield RepositoryClient(github, NAME)


@pytest.mark.parametrize(
    ("number", "expected", "requests"), [(1, None, 1), (2, 2, 1), (3, 3, 2), (4, None, 2), (5, None, 2)]
)
async def test_a_run_is_of_the_request_whose_newest_commit_it_tested(
    number: int, expected: int | None, requests: int
) -> None:
    async with asking() as client:
        found = await pull_request_of_run(client, number)
        assert (found and found.number) == expected
        assert client.requests == requests


@pytest.mark.parametrize(
    ("sha", "expected"), [(OLD, None), (NEW, 2), (NEW[:8], None), (FORKED, 3), ("9" * 40, None)]
)
async def test_a_commit_is_of_the_open_request_whose_newest_commit_it_is(
    sha: str, expected: int | None
) -> None:
    async with asking() as client:
        found = await pull_request_of_commit(client, sha)
        assert (found and found.number) == expected


async def test_a_branch_is_of_its_open_request_and_not_of_a_forks() -> None:
    async with asking() as client:
        found = await pull_request_of_branch(client, "topic")
        assert found is not None
        assert (found.number, found.sha) == (2, NEW)
        assert await pull_request_of_branch(client, "main") is None


async def test_a_request_has_its_newest_commit_and_says_whether_it_is_open() -> None:
    async with asking() as client:
        assert (await pull_request(client, 3)).sha == FORKED
        assert not (await pull_request(client, 1)).is_open
        with pytest.raises(NotFoundError):
            await pull_request(client, 99)
