"""Endpoints of the simulated GitHub, answered from the history."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import web

from etl.demo import app, comments, graphql, logs, pull_requests, storage, timeline, views
from etl.demo.history import Job, Repository, Run
from etl.demo.protocol import CAP, as_json, created_range, error, listing, page_of

if TYPE_CHECKING:
    from etl.demo.server import SimulatedGitHub

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
View = Callable[["SimulatedGitHub", web.Request, Repository], web.StreamResponse]

_REPOSITORY = "/repos/{owner}/{name}"


def api(github: SimulatedGitHub) -> list[web.RouteDef]:
    """Routes of the API."""
    below = {
        "": _repository,
        "/actions/workflows": _workflows,
        "/actions/runs": _runs,
        "/actions/workflows/{workflow}/runs": _runs,
        "/actions/runs/{run}": _run,
        "/actions/runs/{run}/jobs": _jobs,
        "/actions/runs/{run}/attempts/{attempt}": _run,
        "/actions/runs/{run}/attempts/{attempt}/jobs": _jobs,
        "/check-runs/{job}": _check_run,
        "/check-runs/{job}/annotations": _annotations,
        "/check-suites/{suite}/check-runs": _check_runs,
        "/deployments": _deployments,
        "/deployments/{job}/statuses": _deployment_statuses,
        "/commits/{sha}/check-runs": _commit_check_runs,
        "/commits/{sha}/statuses": _commit_statuses,
        "/commits/{sha}/pulls": pull_requests.of_commit,
        "/pulls": pull_requests.listed,
        "/pulls/{number}": pull_requests.one,
        "/issues/{number}/comments": comments.listed,
        "/actions/jobs/{job}/logs": logs.location,
        "/actions/artifacts": storage.artifacts,
        "/actions/runs/{run}/artifacts": storage.artifacts,
        "/actions/artifacts/{artifact}/zip": storage.download,
    }
    routes = [web.get(_REPOSITORY + path, _of_repository(github, view)) for path, view in below.items()]
    routes += [
        web.get(f"/repositories/{{id}}{path}", _of_repository(github, view)) for path, view in below.items()
    ]
    routes += [
        web.route(method, _REPOSITORY + path, _with_body(_of_repository(github, view)))
        for method, path, view in comments.WRITES
    ]
    return [*routes, web.get("/user", comments.user_of(github)), *graphql.routes(github), *app.routes(github)]


def _of_repository(github: SimulatedGitHub, view: View) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        parts = request.match_info
        if "id" in parts:
            found = (item for item in github.history.repositories if str(item.id) == parts["id"])
            repository = next(found, None)
        else:
            name = f"{parts['owner']}/{parts['name']}"
            repository = github.repository(name)
            moved = _moved(github, name) if repository is None else None
            if moved is not None:
                rest = request.path_qs.removeprefix(f"/repos/{name}")
                location = f"{github.url}/repositories/{moved.id}{rest}"
                return web.json_response(
                    {"message": "Moved Permanently", "url": location},
                    status=301,
                    headers={"location": location},
                )
        if repository is None or not github.may_see(request, repository):
            return error(404, "Not Found")
        return view(github, request, repository)

    return handle


def _with_body(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.StreamResponse:
        request[comments.BODY] = await request.json() if request.can_read_body else {}
        return await handler(request)

    return handle


def _moved(github: SimulatedGitHub, name: str) -> Repository | None:
    return next((item for item in github.history.repositories if name in item.former_names), None)


def _repository(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    return as_json(request, views.full_repository(github.url, repository))


def _workflows(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    items = [views.workflow(github.url, repository, item) for item in repository.workflows]
    return listing(request, "workflows", items)


def _visible_runs(github: SimulatedGitHub, repository: Repository) -> list[Run]:
    now = github.clock()
    return [run for run in repository.runs if run.created_at <= now]


def _runs(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    now = github.clock()
    first, last = created_range(request.query.get("created", ">="))
    workflow = request.match_info.get("workflow")
    event = request.query.get("event")
    found = [
        run
        for run in _visible_runs(github, repository)
        if first <= views.iso(run.created_at) <= last
        and (workflow is None or str(run.workflow_id) == workflow)
        and (event is None or run.event == event)
    ]
    found.sort(key=lambda run: (run.created_at, run.id), reverse=True)
    page, links = page_of(request, found)
    size, number = (
        int(request.query.get(name, default)) for name, default in (("per_page", 30), ("page", 1))
    )
    if size * number > CAP:
        if github.beyond_cap == "422":
            return error(422, "Only the first 1000 search results are available")
        page, links = [], {}
    shown = [
        views.run(github.url, repository, run, len(timeline.visible_attempts(run, now)), now) for run in page
    ]
    response = as_json(request, {"total_count": len(found), "workflow_runs": shown})
    response.headers.update(links)
    return response


def _find_run(github: SimulatedGitHub, request: web.Request, repository: Repository) -> Run | None:
    wanted = request.match_info["run"]
    return next((run for run in _visible_runs(github, repository) if str(run.id) == wanted), None)


def _attempt(github: SimulatedGitHub, request: web.Request, run: Run) -> int | None:
    """Number of the requested attempt, by default the latest; None if it has not begun."""
    begun = len(timeline.visible_attempts(run, github.clock()))
    asked = int(request.match_info.get("attempt", begun))
    return asked if 1 <= asked <= begun else None


def _run(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    run = _find_run(github, request, repository)
    number = _attempt(github, request, run) if run else None
    if run is None or number is None:
        return error(404, "Not Found")
    return as_json(request, views.run(github.url, repository, run, number, github.clock()))


def _jobs(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    run = _find_run(github, request, repository)
    number = _attempt(github, request, run) if run else None
    if run is None or number is None:
        return error(404, "Not Found")
    now = github.clock()
    jobs = timeline.listed_jobs(run.attempts[number - 1], now)
    items = [views.job(github.url, repository, run, job, number=number, now=now) for job in jobs]
    return listing(request, "jobs", items)


def _find_job(repository: Repository, wanted: str) -> tuple[Run, Job] | None:
    number = int(wanted)
    found = (
        (run, job)
        for run in repository.runs
        for attempt in run.attempts
        for job in attempt.jobs
        if job.id == number
    )
    return next(found, None)


def _check_run(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    found = _find_job(repository, request.match_info["job"])
    if found is None:
        return error(404, "Not Found")
    return as_json(request, views.check_run(github.url, repository, *found, github.clock()))


def _annotations(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    found = _find_job(repository, request.match_info["job"])
    if found is None:
        return error(404, "Not Found")
    _, job = found
    done = timeline.job_seen(job, github.clock()).status == "completed"
    items = [views.annotation(github.url, item) for item in job.annotations] if done else []
    return listing(request, None, items)


def _check_runs(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    suite, now = request.match_info["suite"], github.clock()
    for run in _visible_runs(github, repository):
        if str(views.check_suite_id(run)) == suite:
            items = [
                views.check_run(github.url, repository, run, job, now)
                for attempt in timeline.visible_attempts(run, now)
                for job in timeline.listed_jobs(attempt, now)
            ]
            return listing(request, "check_runs", items)
    return error(404, "Not Found")


def _commit_check_runs(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """Check runs of all Apps, including those of GitHub Actions, which are jobs."""
    sha, now = request.match_info["sha"], github.clock()
    found = [
        views.check_run(github.url, repository, run, job, now)
        for run in _visible_runs(github, repository)
        if run.head_sha == sha
        for attempt in timeline.visible_attempts(run, now)
        for job in timeline.listed_jobs(attempt, now)
    ]
    found += [
        views.app_check(github.url, repository, one, now)
        for one in repository.checks
        if one.head_sha == sha and one.started_at <= now
    ]
    return listing(request, "check_runs", found)


def _commit_statuses(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    sha, now = request.match_info["sha"], github.clock()
    found = [one for one in repository.statuses if one.head_sha == sha and one.created_at <= now]
    found.sort(key=lambda one: (one.created_at, one.id), reverse=True)
    return listing(request, None, [views.status(github.url, repository, one) for one in found])


def _deployments(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """A deployment for each job with a protected environment: its id is the job's."""
    sha, now = request.query.get("sha"), github.clock()
    found = [
        views.deployment(github.url, repository, run, job)
        for run in _visible_runs(github, repository)
        if sha in (None, run.head_sha)
        for attempt in timeline.visible_attempts(run, now)
        for job in timeline.listed_jobs(attempt, now)
        if job.inherited is None and timeline.deployment_states(job, now)
    ]
    return listing(request, None, found[::-1])


def _deployment_statuses(
    github: SimulatedGitHub, request: web.Request, repository: Repository
) -> web.Response:
    found = _find_job(repository, request.match_info["job"])
    states = timeline.deployment_states(found[1], github.clock()) if found else []
    if found is None or not states:
        return error(404, "Not Found")
    items = [
        views.deployment_status(github.url, repository, *found, number=number, state=state, moment=moment)
        for number, (state, moment) in enumerate(states, 1)
    ]
    return listing(request, None, items[::-1])
