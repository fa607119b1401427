"""`ci-health explain --comment` against a simulated GitHub: the one comment, from red to green."""

import json
import time
from dataclasses import replace

from etl.demo.server import SimulatedGitHub
from etl.pipeline.comment import MARKER
from tests.cli.running import Ci, settings_for
from tests.pipeline.world import NAME, attempt, job
from tests.pull_requests import SHA, project


def serve(tmp_path, history):
    server = SimulatedGitHub(history, rate_limit=100_000)
    return server, lambda url: Ci(tmp_path, **settings_for(url) | {"CI_HEALTH_GITHUB__TOKEN": "ghs_of_a_job"})


async def test_a_comment_begins_with_a_red_run_and_is_settled_once_it_is_green(tmp_path):
    now = int(time.time())
    history = project(now)
    (repository,) = history.repositories
    server, made = serve(tmp_path, history)
    async with server as url:
        ci, comments = made(url), server.comments(repository)
        await ci("sync")
        red = repository.runs[1]
        for asked in (str(red.id), SHA, "topic", f"https://github.com/{NAME}/pull/7"):
            found = await ci("explain", asked, "--comment")
            assert found.code in (3, 4), found.err
        (comment,) = comments.written
        assert comment.body.startswith(f"{MARKER}\n### ")
        assert f"/actions/runs/{red.id}" in comment.body
        assert "http://evil" not in comment.body
        assert "<img" not in comment.body
        assert "the comment on pull request 7 was written" in (await fresh(ci, comments, str(red.id))).err

        again = attempt(now - 600, job("unit", now - 600))
        repository.runs[1] = replace(red, attempts=(*red.attempts, again))
        await ci("sync")
        green = await ci("explain", str(red.id), "--comment")
        assert green.code == 0, green.err
        assert "the comment on pull request 7 was updated" in green.err
        (comment,) = comments.written
        assert "Nothing is red: 1 of 1 runs are green." in comment.body


async def fresh(ci, comments, asked):
    comments.written.clear()
    return await ci("explain", asked, "--comment")


async def test_a_green_run_begins_no_comment_and_one_of_no_request_says_so(tmp_path):
    history = project(int(time.time()))
    (repository,) = history.repositories
    server, made = serve(tmp_path, history)
    async with server as url:
        ci = made(url)
        await ci("sync")
        found = await ci("explain", str(repository.runs[0].id), "--comment")
        assert (found.code, "is not of the newest commit of an open pull request" in found.err) == (0, True)
        # Since then somebody has pushed: what is said of the older commit would mislead.
        repository.pull_requests[0] = replace(repository.pull_requests[0], sha="e" * 40)
        found = await ci("explain", str(repository.runs[1].id), "--comment")
        assert "no comment: " in found.err
        assert server.comments(repository).written == []


async def test_a_forks_request_is_found_after_the_run_by_workflow_run(tmp_path):
    """As in Actions: the event names the run; that of a fork names no pull request."""
    history = project(int(time.time()), fork=True)
    (repository,) = history.repositories
    event = tmp_path / "event.json"
    event.write_text(
        json.dumps({"workflow_run": {"id": repository.runs[1].id, "pull_requests": [{"number": 1}]}})
    )
    server, made = serve(tmp_path, history)
    async with server as url:
        ci = made(url)
        ci.environment |= {
            "GITHUB_ACTIONS": "true",
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_EVENT_NAME": "workflow_run",
            "GITHUB_EVENT_PATH": str(event),
        }
        await ci("sync")
        found = await ci("explain", "--comment")
        assert found.code in (3, 4), found.err
        assert [one.number for one in server.comments(repository).written] == [7]


async def test_what_is_missing_is_said(tmp_path):
    history = project(int(time.time()))
    (repository,) = history.repositories
    server, made = serve(tmp_path, history)
    async with server as url:
        ci = made(url)
        await ci("sync")
        server.comments(repository).may_write = False
        refused = await ci("explain", "topic", "--comment")
        assert (refused.code, "pull-requests: write" in refused.err) == (1, True)
        assert (
            "| Verdict | Failure |" in (await ci("explain", "topic", "--comment", "--format", "markdown")).out
        )
        for name in ("CI_HEALTH_GITHUB__TOKEN", "GITHUB_TOKEN"):
            del ci.environment[name]
        without = await ci("explain", "topic", "--comment")
        assert without.code == 2, without.err
        assert "a comment needs a token" in without.err
