"""Logs of the simulated GitHub: as its runner writes them, served by the second origin.

Source: GitHub docs, "Download job logs for a workflow run"; actions/runner has the marks.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aiohttp import web

from etl.demo import timeline
from etl.demo.history import Job, Repository, Step
from etl.demo.protocol import error

if TYPE_CHECKING:
    from etl.demo.server import SimulatedGitHub

_FAILED = ("failure", "timed_out", "cancelled")


class Jobs:
    """Finds jobs by id; the index is valid until the runs change."""

    def __init__(self) -> None:
        self._runs: list[object] = []
        self._found: dict[int, Job] = {}

    def find(self, repository: Repository, number: int) -> Job | None:
        """The job with this id."""
        if self._runs != repository.runs:
            self._runs = [*repository.runs]
            self._found = {
                job.id: job for run in repository.runs for attempt in run.attempts for job in attempt.jobs
            }
        return self._found.get(number)


def routes(github: SimulatedGitHub) -> list[web.RouteDef]:
    """Routes of the second origin."""
    return [web.get("/logs/{id}", functools.partial(_stored, github))]


def location(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """A redirect to a signed URL that expires soon; 404 until the log is there."""
    job, now = github.jobs(repository).find(repository, int(request.match_info["job"])), github.clock()
    if job is None or not job.taken or timeline.job_seen(job, now).status != "completed":
        return error(404, "Not Found")
    if job.log.listed_at is not None and job.log.listed_at > now:
        return error(404, "Not Found")
    if job.log.expired:
        return error(410, "Gone")
    expires = int(now + github.signed_s)
    return web.Response(
        status=302, headers={"location": f"{github.storage_url}/logs/{job.id}?se={expires}&sig=simulated"}
    )


async def _stored(github: SimulatedGitHub, request: web.Request) -> web.StreamResponse:
    async def go_on() -> web.StreamResponse:
        return await _content(github, request)

    fault = github.faults.take(request.path_qs)
    return await fault(request, go_on) if fault else await go_on()


async def _content(github: SimulatedGitHub, request: web.Request) -> web.StreamResponse:
    """The storage accepts only the signed URL as credentials: an Authorization header is an error."""
    if "authorization" in request.headers:
        return web.Response(status=400, text="InvalidAuthenticationInfo")
    if request.query.get("sig") != "simulated" or int(request.query.get("se", 0)) < github.clock():
        return web.Response(status=403, text="AuthenticationFailed")
    number = int(request.match_info["id"])
    jobs = (github.jobs(repository).find(repository, number) for repository in github.history.repositories)
    job = next((job for job in jobs if job is not None), None)
    if job is None:
        return web.Response(status=404)
    if job.log.content is None:
        return web.Response(body=written(job).encode(), content_type="text/plain")
    return await _streamed(request, job.log.content())


async def _streamed(request: web.Request, chunks: Iterable[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(headers={"content-type": "text/plain"})
    await response.prepare(request)
    for chunk in chunks:
        await response.write(chunk)
    await response.write_eof()
    return response


def written(job: Job) -> str:
    """A job's log: its steps, what the failed one wrote, its annotations as errors."""
    end = job.completed_at or job.created_at
    steps = job.steps or (Step("Run", job.started_at, end, job.conclusion),)
    failed = next((step for how in _FAILED for step in steps if step.conclusion == how), steps[-1])
    lines = [line for step in steps for line in _step(job, step, is_failed=step is failed)]
    return "\ufeff" + "".join(f"{line}\n" for line in lines)


def _step(job: Job, step: Step, *, is_failed: bool) -> Iterator[str]:
    begun = step.started_at or job.started_at or job.created_at
    ended = step.completed_at or job.completed_at or begun
    yield from _timed(begun, f"##[group]Run {step.name}", "shell: /usr/bin/bash -e {0}", "##[endgroup]")
    if is_failed:
        yield from _timed(begun, *job.log.text.splitlines())
        yield from _timed(ended, *(f"##[error]{note.message}" for note in job.annotations))


def _timed(second: int, *lines: str) -> Iterator[str]:
    time = f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}"
    for number, line in enumerate(lines):
        for part in line.splitlines() or [""]:
            yield f"{time}.{number:07d}Z {part}"
