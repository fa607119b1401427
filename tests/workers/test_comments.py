"""One comment on a pull request, whatever its workers are killed at and however often GitHub tells them."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from etl.demo.app import token_of
from etl.demo.history import Annotation, Run
from etl.demo.server import SimulatedGitHub
from etl.demo.webhooks import Hook, send
from etl.state.comments import CLAIMED_S
from tests.influxd import Influxd
from tests.pipeline.world import NAME, attempt, job, run
from tests.postgres import Postgres
from tests.pull_requests import SHA, project
from tests.waiting import HANGS_S
from tests.workers.crew import Crew, crew

SECRET = "a-secret-of-a-test"
SETTLED = (
    "SELECT NOT EXISTS (SELECT FROM comments) AND NOT EXISTS (SELECT FROM deliveries WHERE read_at IS NULL)"
)


@dataclass
class Striker:
    """Takes a request that writes, and keeps its answer back until the worker that sent it is killed."""

    struck: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    strikes: int = 0
    wrote: Counter[str] = field(default_factory=Counter)

    async def __call__(
        self, request: web.Request, go_on: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        self.wrote[request.method] += 1
        answer = await go_on()
        if request.method == "GET" or not self.strikes:
            return answer
        self.strikes -= 1
        self.struck.put_nowait(token_of(request))
        await asyncio.sleep(HANGS_S)
        return answer


@dataclass
class Team:
    """Two workers, each known to GitHub by a token of its own."""

    workers: Crew
    tokens: list[str] = field(default_factory=list)
    started: int = 0

    async def start(self) -> None:
        """One more."""
        self.started += 1
        self.tokens.append(f"ghs_worker_{self.started}")
        self.workers.workers.append(await self.workers.start(GITHUB_TOKEN=self.tokens[-1]))
        await self.workers.until_said('"listening"', log=self.workers.log(-1))

    async def kill(self, token: str) -> None:
        """Kill the one with this token, and start another."""
        index = self.tokens.index(token)
        await self.workers.kill(index)
        del self.tokens[index], self.workers.workers[index]
        await self.start()

    async def tell(self, *runs: Run, times: int = 1) -> None:
        """Let GitHub tell of the end of runs, each time another worker."""
        async with aiohttp.ClientSession() as session:
            for number in range(times):
                url = f"{self._url(number % len(self.tokens))}/webhooks/github"
                for one in runs:
                    assert await send(session, url, SECRET, _ended(one)) == 202

    def _url(self, index: int) -> str:
        said = self.workers.said(self.workers.log(index)).splitlines()
        records = [json.loads(line) for line in said if line.startswith("{")]
        return str(next(one["url"] for one in records if one["event"] == "listening"))


def _ended(one: Run) -> Hook:
    about = {"id": 42, "full_name": NAME}
    return Hook("workflow_run", {"action": "completed", "workflow_run": {"id": one.id}, "repository": about})


def _red(created: int) -> Run:
    failed = job("unit", created, conclusion="failure", annotations=(Annotation("boom"),))
    about: Any = {"head_branch": "topic", "event": "pull_request"}
    return replace(run(created, attempt(created, failed), **about), head_sha=SHA)


@pytest.mark.parametrize(("kills", "replays"), [(1, 6), pytest.param(3, 50, marks=pytest.mark.thorough)])
async def test_two_workers_write_one_comment(
    kills: int, replays: int, tmp_path: Path, influxd: Influxd, postgres: Postgres
) -> None:
    now, ahead = int(time.time()), 0.0
    history = project(now)
    (repository,) = history.repositories
    github = SimulatedGitHub(history, rate_limit=1_000_000, clock=lambda: time.time() + ahead)
    settings = {"CI_HEALTH_HTTP__WEBHOOKS__SECRET": SECRET, "CI_HEALTH_HTTP__WEBHOOKS__COMMENTS": "true"}
    strike = Striker()
    github.faults.add("/issues/", strike, times=None)
    async with github, crew(tmp_path, github, influxd, postgres, **settings) as workers:
        team = Team(workers)
        await team.start()
        await team.start()
        await workers.until("SELECT count(*) = 1 FROM repositories WHERE swept_at IS NOT NULL")
        runs = [repository.runs[-1]]
        for number in range(kills):
            strike.strikes = 1
            await team.tell(runs[-1])
            # GitHub has written it, and nobody noted that.
            await team.kill(await strike.struck.get())
            ahead += CLAIMED_S
            await team.tell(*runs, times=2)
            await workers.until(SETTLED)
            # The next one has something new to say.
            runs.append(_red(now - 600 + number))
            repository.runs.append(runs[-1])
        await team.tell(*runs, times=replays)
        await workers.until(SETTLED)
        (comment,) = github.comments(repository).written
        said = workers.said()
    assert all(f"/actions/runs/{one.id}" in comment.body for one in runs), comment.body
    assert '"level": "error"' not in said
    # It was found again each time, and never had to be put in order.
    assert (strike.wrote["POST"], strike.wrote["DELETE"]) == (1, 0)
