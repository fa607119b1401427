"""The simulated GitHub's GraphQL API: the check runs of check suites by their node ids, and nothing else.

Source: GitHub docs, GraphQL reference: `nodes`, `CheckSuite.checkRuns`; its rate limit is another one than REST's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from etl.demo import timeline, views
from etl.demo.history import Run

if TYPE_CHECKING:
    from etl.demo.server import SimulatedGitHub

PATH: Final = "/graphql"
_MOST: Final = 100


def routes(github: SimulatedGitHub) -> list[web.RouteDef]:
    """The one route."""

    async def answer(request: web.Request) -> web.StreamResponse:
        variables = (await request.json())["variables"]
        suites = {
            f"CS_{views.check_suite_id(run)}": run
            for repository in github.history.repositories
            if github.may_see(request, repository)
            for run in repository.runs
        }
        nodes = [_suite(github, name, suites[name]) if name in suites else None for name in variables["ids"]]
        missing = [name for name in variables["ids"] if name not in suites]
        errors = [
            {"type": "NOT_FOUND", "message": f"Could not resolve to a node with the global id of '{name}'."}
            for name in missing
        ]
        return web.json_response({"data": {"nodes": nodes}} | ({"errors": errors} if errors else {}))

    return [web.post(PATH, answer)]


def _suite(github: SimulatedGitHub, name: str, run: Run) -> dict[str, Any]:
    now = github.clock()
    ids = {
        job.id: None
        for attempt in timeline.visible_attempts(run, now)
        for job in timeline.listed_jobs(attempt, now)
    }
    shown = [{"databaseId": number} for number in ids][:_MOST]
    return {"id": name, "checkRuns": {"totalCount": len(ids), "nodes": shown}}
