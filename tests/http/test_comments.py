"""The comment on a pull request that the service keeps after webhooks, at a simulated GitHub."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from etl.demo import faults
from etl.demo.comments import Comments
from etl.demo.history import Annotation, Run
from etl.demo.webhooks import hooks
from etl.model.due_comments import Head
from etl.pipeline import webhooks
from etl.pipeline.comment import MARKER
from etl.service import comments
from tests.http.serving import Served, served, until
from tests.http.test_ci_metrics import scraped
from tests.http.test_webhooks import SECRET, ended, sent
from tests.influxd import free_port
from tests.pipeline.world import HOUR, NAME, NOON, World, attempt, job, run, simulated
from tests.pull_requests import HOSTILE, SHA, project

ON = {"webhooks": {"secret": SECRET, "comments": True}}
OFF = {"webhooks": {"secret": SECRET}}
LOST = "a comment could not be written: it is tried again"
# What the service asks GitHub about pull requests, and what it writes.
BESIDE = ("/issues/", "/pulls", "/compare/", "/commits/")


TOGETHER_S = webhooks._TOGETHER_S


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in ((webhooks, "_TOGETHER_S"), (comments, "_LOOK_S"), (comments, "_BETWEEN_S")):
        monkeypatch.setattr(module, name, 0.01)


@dataclass(frozen=True, slots=True)
class Scene:
    """A world whose pull request gets runs, and a service that is told of them."""

    world: World
    service: Served

    @property
    def comments(self) -> Comments:
        return self.world.github.comments(self.world.repository)

    @property
    def texts(self) -> list[str]:
        return [one.body for one in self.comments.written]

    def beside(self) -> list[str]:
        """What was requested of pull requests, without the page sizes."""
        paths = (f"{one.method} {one.path}" for one in self.world.github.log.requests)
        return [path.replace(f"/repos/{NAME}", "") for path in paths if any(part in path for part in BESIDE)]

    async def tell(self, *runs: Run) -> None:
        """Let webhooks tell of the end of runs, and wait until they are read and commented on."""
        await sent(self.service, *(ended(id=one.id) for one in runs))
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is to be read, delivered or written."""
        state = self.service.pipeline.state
        await until(lambda: not state.deliveries.waiting())
        await until(lambda: not state.comments.waiting())

    def troubles(self) -> list[str]:
        return [entry["reason"] for entry in self.service.logs if entry["event"] == LOST]

    async def until_failed(self, times: int = 1) -> None:
        def failures() -> float:
            counts = self.service.service._metrics._counts
            return counts["comments", NAME, "failed"]

        await until(lambda: failures() >= times)


def request_run(created: int, conclusion: str = "failure", **more: Any) -> Run:
    """A run of the pull request's newest commit, which ends after a minute."""
    note = Annotation(HOSTILE, path=more.pop("path", ""))
    notes = (note,) if conclusion == "failure" else ()
    one = job("unit", created, conclusion=conclusion, annotations=notes)
    about = {"head_branch": "topic", "event": "pull_request"} | more
    return replace(run(created, attempt(created, one), **about), head_sha=SHA)


@asynccontextmanager
async def scene(tmp_path: Path, runs: Iterable[Run], http: Any = ON, **more: Any) -> AsyncIterator[Scene]:
    """A service that has synced; then these runs were created, and ended an hour later."""
    fork = more.pop("fork", False)
    history = project(NOON, fork=fork)
    (repository,) = history.repositories
    del repository.runs[1:]
    settings = {"github": {"token": "ghs_of_an_app", "retries": 0}, "interval": "1h"} | more
    async with simulated(tmp_path, history) as world, served(world, http=http, **settings) as service:
        await service.until_synced()
        world.add(*runs)
        world.clock.advance(HOUR)
        world.github.log.clear()
        yield Scene(world, service)


async def test_it_begins_red_is_updated_and_is_settled_once_green(tmp_path: Path) -> None:
    red = request_run(NOON)
    async with scene(tmp_path, [red]) as it:
        await it.tell(red)
        (text,) = it.texts
        assert text.startswith(f"{MARKER}\n### ")
        assert f"/actions/runs/{red.id}" in text
        assert "http://evil" not in text
        assert "<img" not in text
        (comment,) = it.comments.written
        assert comment.number == 7
        # Another workflow of the same commit is red, too.
        more = request_run(NOON + 60)
        it.world.add(more)
        await it.tell(more)
        (text,) = it.texts
        assert all(f"/actions/runs/{one.id}" in text for one in (red, more))
        # Both are re-run, and pass.
        again = NOON + HOUR
        passed = attempt(again, job("unit", again))
        it.world.repository.runs[-2:] = [
            replace(one, attempts=(*one.attempts, passed)) for one in (red, more)
        ]
        it.world.clock.advance(HOUR)
        await it.tell(red, more)
        (text,) = it.texts
        assert "Nothing is red: 2 of 2 runs are green." in text
        told = await scraped(it.service)
    outcomes = ("written", "updated", "failed")
    counts = [
        told.get(("ci_health_comments_total", f'outcome="{one}",repository="{NAME}"')) for one in outcomes
    ]
    assert counts[0] == 1
    assert counts[1] is not None
    assert counts[1] >= 2
    assert counts[2] is None
    assert told["ci_health_comments_waiting", ""] == 0


async def test_a_pull_request_that_never_was_red_gets_none(tmp_path: Path) -> None:
    green = request_run(NOON, "success")
    async with scene(tmp_path, [green]) as it:
        await it.tell(green)
        assert it.texts == []
        assert it.beside() == ["GET /issues/7/comments?per_page=100"]


async def test_without_the_setting_nothing_is_written_or_asked(tmp_path: Path) -> None:
    red = request_run(NOON)
    async with scene(tmp_path, [red], OFF) as it:
        await it.tell(red)
        await it.service.until_delivered()
        assert len(it.world.points("workflow_run")) == 2
        assert it.beside() == []
        assert {one.method for one in it.world.github.log.requests} == {"GET"}
        assert "comments" not in it.service.service._parts
        read = len(it.world.github.log.requests)
    again = request_run(NOON)
    async with scene(tmp_path / "on", [again]) as it:
        await it.tell(again)
        # With it, reading the run takes as many requests.
        assert len(it.world.github.log.requests) - len(it.beside()) == read


async def test_runs_of_no_pull_request_cost_nothing(tmp_path: Path) -> None:
    pushed = request_run(NOON, event="push", head_branch="main")
    async with scene(tmp_path, [pushed]) as it:
        await it.tell(pushed)
        assert it.beside() == []


@pytest.mark.parametrize(
    ("fork", "path", "asked"),
    [
        (False, "", []),
        (False, "src/orbit.ts", ["GET /compare/main..."]),
        (True, "", ["GET /pulls?state=open"]),
        (True, "src/orbit.ts", ["GET /pulls?state=open", "GET /compare/main..."]),
    ],
)
async def test_it_takes_two_requests_and_at_most_two_to_explain(
    fork: bool, path: str, asked: list[str], tmp_path: Path
) -> None:
    red = request_run(NOON, path=path, fork=fork)
    async with scene(tmp_path, [red], fork=fork) as it:
        it.world.github.faults.add("/compare/", _changes("src/orbit.ts"), times=None)
        await it.tell(red)
        beside = it.beside()
    wanted = [*asked, "GET /issues/7/comments", "POST /issues/7/comments"]
    assert len(beside) == len(wanted)
    assert all(one.startswith(begin) for one, begin in zip(beside, wanted, strict=True)), beside


async def test_a_forks_run_is_commented_on_where_github_says(tmp_path: Path) -> None:
    """A fork's run names no pull request, and what it says names any."""
    red = request_run(NOON, fork=True)
    async with scene(tmp_path, [red], fork=True) as it:
        mine = replace(it.world.repository.pull_requests[0], number=8, fork=False)
        it.world.repository.pull_requests.append(mine)
        told = ended(id=red.id, pull_requests=[{"number": 8, "head": {"sha": SHA}}])
        await sent(it.service, told)
        await it.settled()
        assert [one.number for one in it.comments.written] == [7]


async def test_a_run_of_an_older_commit_changes_nothing(tmp_path: Path) -> None:
    red = request_run(NOON)
    async with scene(tmp_path, [red]) as it:
        (request,) = it.world.repository.pull_requests
        it.world.repository.pull_requests[0] = replace(request, sha="e" * 40)
        await it.tell(red)
        assert it.texts == []
        assert it.beside() == []


async def test_replays_write_nothing_more(tmp_path: Path) -> None:
    red = request_run(NOON)
    async with scene(tmp_path, [red]) as it:
        await it.tell(*[red] * 25)
        await it.tell(*[red] * 25)
        assert len(it.texts) == 1
        writes = [one for one in it.world.github.log.requests if one.method != "GET"]
        assert len(writes) == 1


async def test_a_minute_is_enough_where_every_answer_takes_a_second(tmp_path: Path) -> None:
    """In fast motion: time passes by GitHub's answers, and the service's own pause is added."""
    red = request_run(NOON + HOUR - 60, path="src/orbit.ts", fork=True)
    async with scene(tmp_path, [red], fork=True) as it:
        over = NOON + HOUR
        (delivery,) = [
            hook for hook in hooks(it.world.github, over - 1, over) if hook.event == "workflow_run"
        ]
        it.world.github.faults.add("/repos/", faults.after(lambda: it.world.clock.advance(1)), times=None)
        await sent(it.service, delivery)
        await it.settled()
        (comment,) = it.comments.written
        requests = len(it.world.github.log.requests)
        assert 0 < comment.at - over <= requests
        assert comment.at - over + TOGETHER_S < 60


async def test_a_missing_permission_is_said_once_and_harms_nothing(tmp_path: Path) -> None:
    first, second = request_run(NOON), request_run(NOON + 60)
    async with scene(tmp_path, [first]) as it:
        it.comments.may_write = False
        await sent(it.service, ended(id=first.id))
        await it.until_failed()
        it.world.add(second)
        await sent(it.service, ended(id=second.id))
        await until(lambda: not it.service.pipeline.state.deliveries.waiting())
        await it.service.until_delivered()
        (reason,) = it.troubles()
        assert "give the job `pull-requests: write`" in reason
        assert "`Pull requests: write`" in reason
        assert len(it.world.points("workflow_run")) == 3
        # Tried once: it is asked again after an hour.
        assert [one for one in it.beside() if one.startswith("POST")] == ["POST /issues/7/comments"]
        told = await scraped(it.service)
        assert told["ci_health_comments_total", f'outcome="failed",repository="{NAME}"'] >= 1
        assert told["ci_health_comments_waiting", ""] == 1
        it.comments.may_write = True
        it.world.clock.advance(HOUR)
        await it.settled()
        assert len(it.texts) == 1
        assert len(it.troubles()) == 1


@pytest.mark.parametrize(
    ("fault", "words", "pause"),
    [
        (faults.status(404), "GitHub has no", HOUR),
        (faults.status(502), "GitHub answered 502", 60),
        (faults.cut_connection(), "no answer from GitHub", 60),
    ],
)
async def test_a_github_that_fails_is_asked_again(fault: Any, words: str, pause: int, tmp_path: Path) -> None:
    red = request_run(NOON)
    async with scene(tmp_path, [red]) as it:
        it.world.github.faults.add("/issues/7/comments", fault, times=None)
        await sent(it.service, ended(id=red.id))
        await it.until_failed()
        (reason,) = it.troubles()
        assert words in reason
        it.world.github.faults.clear()
        it.world.clock.advance(pause)
        await it.settled()
        assert len(it.texts) == 1


async def test_a_rate_limit_is_waited_for_without_asking(tmp_path: Path) -> None:
    red = request_run(NOON)
    async with scene(tmp_path, [red], github={"token": "ghs_of_an_app", "max_wait": "1s"}) as it:
        busy = faults.secondary_limit("600")

        async def respond(request: Any, go_on: Any) -> Any:
            return await (go_on() if request.method == "GET" else busy(request, go_on))

        it.world.github.faults.add("/issues/7/comments", respond, times=None)
        await sent(it.service, ended(id=red.id))
        await it.until_failed()
        it.world.github.faults.clear()
        asked = it.beside()
        assert asked[-1] == "POST /issues/7/comments"
        state = it.service.pipeline.state
        state.comments.note(Head(NAME, "acme", "other", SHA, NOON))
        await it.until_failed(2)
        assert it.beside() == asked
        (reason,) = it.troubles()
        assert "GitHub asks to wait" in reason
        it.world.clock.advance(601)
        await it.settled()
        assert len(it.texts) == 1


def _changes(*files: str) -> Any:
    async def respond(_request: Any, _go_on: Any) -> Any:
        return web.json_response({"files": [{"filename": one} for one in files]})

    return respond


async def test_it_waits_for_the_store(tmp_path: Path) -> None:
    """The verdict rests on what the store has: where it takes nothing, GitHub is not asked."""
    red = request_run(NOON)
    away = {"url": f"http://127.0.0.1:{free_port()}", "token": "none"}
    async with scene(tmp_path, [red], influxdb=away) as it:
        await sent(it.service, ended(id=red.id))
        await until(lambda: it.service.pipeline.state.comments.waiting() == 1)
        await until(lambda: not it.service.pipeline.state.deliveries.waiting())
        assert it.service.service.delivery.stuck
        assert it.beside() == []


@pytest.mark.parametrize("may_write", [True, False])
async def test_check_says_whether_it_may_comment_and_writes_nothing(may_write: bool, tmp_path: Path) -> None:
    async with simulated(tmp_path, project(NOON)) as world:
        comments = world.github.comments(world.repository)
        comments.may_write = may_write
        found = [one for one in await world.findings(http=ON) if "comment" in one.text]
        (finding,) = found
        assert finding.good is may_write
        wanted = (
            "can be written" if may_write else "may not comment on pull requests of acme/rocket: give the job"
        )
        assert wanted in finding.text
        assert comments.written == []
        assert [one for one in await world.findings(http=OFF) if "comment" in one.text] == []


async def test_check_cannot_tell_without_a_pull_request(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        (finding,) = [one for one in await world.findings(http=ON) if "comment" in one.text]
        assert finding.good is None
