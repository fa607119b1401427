"""Small histories, and the client at the simulated GitHub that serves one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import aiohttp
from multidict import CIMultiDictProxy

from etl.demo.clock import MovingClock
from etl.demo.history import (
    Annotation,
    Artifact,
    Attempt,
    History,
    Job,
    Repository,
    Run,
    Step,
    Workflow,
)
from etl.demo.server import SimulatedGitHub

NAME = "acme/rocket"
FLOW = 7
START = int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp())
DAY = 86_400
TOKEN = "secret"
LATER = START + 10 * DAY


def job(number: int, start: int, **more: Any) -> Job:
    """Created at `start`, started 10 s later, completed 100 s later."""
    return Job(
        number,
        **{"name": f"job {number}"} | more,
        created_at=start,
        started_at=start + 10,
        completed_at=start + 100,
    )


def run(number: int, start: int = START, *attempts: Attempt, **more: Any) -> Run:
    """A run of one job, where no attempts are given."""
    attempts = attempts or (Attempt(start, (job(1_000 + number, start),)),)
    return Run(number, number, FLOW, start, attempts, **{"head_sha": f"{number:040x}"} | more)


def history(*runs: Run, **more: Any) -> History:
    return History(
        [Repository(42, NAME, [Workflow(FLOW, "CI", ".github/workflows/ci.yml")], list(runs), **more)]
    )


def eventful() -> History:
    """One failed run with steps, annotations and artifacts, one of a fork."""
    steps = (Step("Set up", START + 10, START + 20), Step("Run", START + 20, START + 100, "failure"))
    notes = tuple(Annotation(f"it broke {number}", line=number) for number in range(1, 4))
    artifacts = (Artifact(1, "report", START + 90, b"zip"), Artifact(2, "old", START + 80, expired=True))
    failed = job(1, START, conclusion="failure", steps=steps, annotations=notes, artifacts=artifacts)
    return history(run(1, START, Attempt(START, (failed,))), run(2, START + 1, fork=True))


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: CIMultiDictProxy[str]
    data: Any


@dataclass(slots=True)
class Caller:
    """Asks a simulated GitHub without the client."""

    server: SimulatedGitHub
    clock: MovingClock
    session: aiohttp.ClientSession

    async def __call__(self, path: str, *, token: str = TOKEN, etag: str = "") -> Reply:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers |= {"if-none-match": etag} if etag else {}
        url = path if "://" in path else f"{self.server.url}{path}"
        async with self.session.get(url, headers=headers, allow_redirects=False) as response:
            data = (
                await response.json()
                if response.content_type == "application/json"
                else await response.read()
            )
            return Reply(response.status, response.headers, data or None)

    async def below(self, path: str) -> Reply:
        """Ask for a path below the repository."""
        return await self(f"/repos/{NAME}{path}")


@asynccontextmanager
async def calling(played: History, *, now: float = LATER, **more: Any) -> AsyncIterator[Caller]:
    clock = MovingClock(now)
    server = SimulatedGitHub(played, clock=clock, **more)
    async with server, aiohttp.ClientSession() as session:
        yield Caller(server, clock, session)
