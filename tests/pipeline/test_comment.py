"""The one comment on a pull request, at a simulated GitHub."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.demo import faults
from etl.demo.clock import MovingClock
from etl.demo.comments import Comments
from etl.demo.history import PullRequest
from etl.demo.server import SimulatedGitHub
from etl.errors import FatalError, RetriableError
from etl.extract.github.api import GitHub
from etl.extract.github.client import RepositoryClient
from etl.pipeline.comment import MARKER, Done, keep_comment
from etl.settings import GitHubSettings
from tests.demo.samples import LATER, NAME, START, history

OF_JOB = "ghs_of_a_job"
OF_PERSON = "ghp_of_somebody"


@dataclass(frozen=True, slots=True)
class Writer:
    """A client, and the comments as GitHub has them."""

    client: RepositoryClient
    server: SimulatedGitHub
    comments: Comments

    async def keep(self, text: str, *, begin: bool = True) -> Done:
        return await keep_comment(self.client, 7, text, begin=begin)

    def texts(self) -> list[str]:
        return [one.body.removeprefix(f"{MARKER}\n") for one in self.comments.written if MARKER in one.body]


@asynccontextmanager
async def writing(token: str = OF_JOB) -> AsyncIterator[Writer]:
    clock = MovingClock(LATER)
    past = history(
        pull_requests=[PullRequest(7, "topic", "a" * 40, START), PullRequest(8, "b", "b" * 40, START)]
    )
    server = SimulatedGitHub(past, clock=clock)
    async with server as url:
        settings = GitHubSettings.model_validate({"api_url": url, "token": token, "retries": 2})
        async with GitHub(settings, clock=clock, sleep=clock.sleep) as github:
            yield Writer(RepositoryClient(github, NAME), server, server.comments(past.repositories[0]))


@pytest.mark.parametrize("token", [OF_JOB, OF_PERSON])
async def test_there_is_one_comment_that_follows(token: str) -> None:
    async with writing(token) as writer:
        assert await writer.keep("red") is Done.WRITTEN
        assert await writer.keep("still red") is Done.UPDATED
        assert await writer.keep("green", begin=False) is Done.UPDATED
        assert await writer.keep("green", begin=False) is Done.UNCHANGED
        assert writer.texts() == ["green"]


async def test_it_takes_two_requests_and_one_if_nothing_changes() -> None:
    async with writing() as writer:
        for text, requests in (("red", 2), ("still red", 2), ("still red", 1)):
            writer.server.log.clear()
            await writer.keep(text)
            assert len(writer.server.log.requests) == requests


async def test_nothing_begins_while_all_is_green() -> None:
    async with writing() as writer:
        assert await writer.keep("green", begin=False) is Done.NONE
        assert writer.texts() == []


@pytest.mark.parametrize("token", [OF_JOB, OF_PERSON])
async def test_a_strangers_comment_with_the_marker_is_left_alone(token: str) -> None:
    async with writing(token) as writer:
        writer.comments.add(7, f"{MARKER}\nall is well", "mallory")
        writer.comments.add(7, f"as it said: {MARKER}", "github-actions[bot]")
        await writer.keep("red")
        await writer.keep("red again")
        assert [one.body for one in writer.comments.written] == [
            f"{MARKER}\nall is well",
            f"as it said: {MARKER}",
            f"{MARKER}\nred again",
        ]


async def test_it_is_found_after_hundreds_of_others() -> None:
    async with writing() as writer:
        await writer.keep("red")
        for number in range(250):
            writer.comments.add(7, f"comment {number}", "ada")
        writer.comments.written.append(writer.comments.written.pop(0))
        await writer.keep("green", begin=False)
        assert writer.texts() == ["green"]


async def test_comments_of_two_processes_at_once_become_one() -> None:
    async with writing() as writer:
        for text in ("one", "two", "three"):
            writer.comments.add(7, f"{MARKER}\n{text}", "github-actions[bot]")
        await writer.keep("red")
        assert writer.texts() == ["red"]


async def test_an_answer_that_is_lost_writes_no_second_comment() -> None:
    async with writing() as writer:
        writer.server.faults.add("/issues/7/comments", _after_writing, times=2)
        assert await writer.keep("red") is Done.UNCHANGED
        assert writer.texts() == ["red"]


async def _after_writing(request, go_on):
    """Let it be written, and answer as a proxy that lost it."""
    answer = await go_on()
    return answer if request.method == "GET" else await faults.status(502, "lost")(request, go_on)


async def test_a_busy_github_is_asked_again_and_then_given_up() -> None:
    async with writing() as writer:
        writer.server.faults.add("/issues/", faults.status(502, "busy"), times=2)
        assert await writer.keep("red") is Done.WRITTEN
        writer.server.faults.add("/issues/", faults.status(502, "busy"), times=None)
        with pytest.raises(RetriableError):
            await writer.keep("green")


async def test_a_token_without_the_permission_says_which_one() -> None:
    async with writing() as writer:
        writer.comments.may_write = False
        with pytest.raises(
            FatalError, match=r"may not comment on pull requests of acme/rocket: .*pull-requests: write"
        ):
            await writer.keep("red")


@given(st.lists(st.tuples(st.sampled_from(["red", "worse", "green"]), st.booleans()), max_size=8))
async def test_there_is_never_more_than_one(steps: list[tuple[str, bool]]) -> None:
    async with writing() as writer:
        expected: list[str] = []
        for text, begin in steps:
            await writer.keep(text, begin=begin)
            expected = [text] if expected or begin else []
            assert writer.texts() == expected
