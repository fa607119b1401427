"""A small project with a pull request whose newest commit is red."""

from dataclasses import replace

from etl.demo.history import Annotation, History, PullRequest, Repository
from tests.pipeline.world import CI, HOUR, NAME, attempt, job, run

SHA = "c0ffee" + "0" * 34
OTHER = "d" * 40
HOSTILE = "@everybody ![x](http://evil.invalid/y.png) <img src=x>"


def project(now: int, *, fork: bool = False) -> History:
    """A green run of the default branch, and a red one of a pull request."""
    note = Annotation(HOSTILE, path="src/orbit.ts")
    red = job("unit", now - HOUR, conclusion="failure", annotations=(note,))
    runs = [
        replace(run(now - 20 * HOUR, attempt(now - 20 * HOUR, job("unit", now - 20 * HOUR))), head_sha=OTHER),
        replace(
            run(now - HOUR, attempt(now - HOUR, red)),
            head_sha=SHA,
            head_branch="topic",
            event="pull_request",
            fork=fork,
        ),
    ]
    requests = [PullRequest(7, "topic", SHA, now - 2 * HOUR, fork=fork)]
    return History([Repository(42, NAME, [CI], runs, pull_requests=requests)])
