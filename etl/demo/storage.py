"""Artifacts of the simulated GitHub: the API lists them, a second origin serves their content."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from aiohttp import web

from etl.demo import views
from etl.demo.history import Artifact, Repository, Run
from etl.demo.protocol import error, listing

if TYPE_CHECKING:
    from etl.demo.server import SimulatedGitHub


class Uploads:
    """Finds artifacts by id; the index is valid until the runs change."""

    def __init__(self) -> None:
        self._runs: list[Run] = []
        self._found: dict[int, Artifact] = {}

    def find(self, repository: Repository, number: int, now: float) -> Artifact | None:
        """The artifact with this id, None if it is not uploaded yet."""
        if self._runs != repository.runs:
            self._runs = list(repository.runs)
            self._found = {item.id: item for _, item in _uploaded(repository)}
        item = self._found.get(number)
        return item if item is not None and item.created_at <= now else None


def routes(github: SimulatedGitHub) -> list[web.RouteDef]:
    """Routes of the second origin."""
    return [web.get("/artifacts/{id}", functools.partial(_stored, github))]


def artifacts(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """The artifacts of a repository or of one of its runs, newest first."""
    wanted, now = request.match_info.get("run"), github.clock()
    found = [
        (run, item)
        for run, item in _uploaded(repository)
        if item.created_at <= now and wanted in (None, str(run.id))
    ]
    found.sort(key=lambda pair: (pair[1].created_at, pair[1].id), reverse=True)
    items = [views.artifact(github.url, repository, run, item) for run, item in found]
    return listing(request, "artifacts", items)


def download(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """A redirect to a signed URL that expires soon."""
    item = github.uploads(repository).find(repository, int(request.match_info["artifact"]), github.clock())
    if item is None:
        return error(404, "Not Found")
    if item.expired:
        return error(410, "Artifact has expired")
    expires = int(github.clock() + github.signed_s)
    location = f"{github.storage_url}/artifacts/{item.id}?se={expires}&sig=simulated"
    return web.Response(status=302, headers={"location": location})


def _uploaded(repository: Repository) -> Iterator[tuple[Run, Artifact]]:
    for run in repository.runs:
        for attempt in run.attempts:
            for job in attempt.jobs:
                if job.artifacts and job.inherited is None:
                    yield from ((run, item) for item in job.artifacts)


async def _stored(github: SimulatedGitHub, request: web.Request) -> web.StreamResponse:
    async def go_on() -> web.StreamResponse:
        return _content(github, request)

    fault = github.faults.take(request.path_qs)
    return await fault(request, go_on) if fault else await go_on()


def _content(github: SimulatedGitHub, request: web.Request) -> web.Response:
    """The storage accepts only the signed URL as credentials: an Authorization header is an error."""
    if "authorization" in request.headers:
        return web.Response(status=400, text="InvalidAuthenticationInfo")
    if request.query.get("sig") != "simulated" or int(request.query.get("se", 0)) < github.clock():
        return web.Response(status=403, text="AuthenticationFailed")
    number, now = int(request.match_info["id"]), github.clock()
    for repository in github.history.repositories:
        item = github.uploads(repository).find(repository, number, now)
        if item is not None:
            return web.Response(body=item.content, content_type="application/zip")
    return web.Response(status=404)
