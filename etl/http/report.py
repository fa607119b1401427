"""`/report`: the current report, of all repositories or of one."""

import re
from collections.abc import Callable, Collection

from aiohttp import web

from etl.http.access import Access
from etl.http.answer_cache import AnswerCache, cached
from etl.report.ask import REPORTED
from etl.report.html import render

_DAYS, _MAX_DAYS = 14, 365
# The page carries the policy that allows its own style and scripts; none may frame it.
HEADERS = {"Content-Security-Policy": "frame-ancestors 'none'"}


class Report:
    """Renders the report; `names` gives the repositories it may cover."""

    def __init__(self, access: Access, answers: AnswerCache, names: Callable[[], Collection[str]]) -> None:
        self._access = access
        self._answers = answers
        self._names = names

    async def show(self, request: web.Request) -> web.Response:
        """The report; `?days=N` and `?repository=OWNER/REPO` select what it covers."""
        days = days_of(request)
        repository = request.query.get("repository", "")
        configured = list(self._names())
        # The name can be anything: do not query the state for repositories that are not configured.
        names = [name for name in configured if name == repository] if repository else configured
        await self._access.require(request, names)
        if repository and not names:
            raise web.HTTPNotFound(text="no such repository is configured here")
        answered = await self._answers.get(REPORTED, days, repository)
        page = render(answered.rows, period=answered.period, generated_at=answered.at, title=", ".join(names))
        response = cached(request, page, "text/html", self._answers.refresh_s)
        response.headers.update(HEADERS)
        return response


def days_of(request: web.Request) -> int:
    """How many days a page is to cover; raises HTTPBadRequest for what is no such number."""
    text = request.query.get("days", str(_DAYS))
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= _MAX_DAYS:
        return int(text)
    raise web.HTTPBadRequest(text=f"days is a whole number from 1 to {_MAX_DAYS}")
