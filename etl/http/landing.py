"""`/`: what to do first, and how each repository does that the client may see."""

from collections.abc import Callable, Collection

from aiohttp import web

from etl.http.access import Access
from etl.http.answer_cache import AnswerCache, cached
from etl.http.report import HEADERS, days_of
from etl.report.landing import LANDING, landing


class Landing:
    """Renders the landing page; `names` gives the repositories that it may list."""

    def __init__(self, access: Access, answers: AnswerCache, names: Callable[[], Collection[str]]) -> None:
        self._access = access
        self._answers = answers
        self._names = names

    async def show(self, request: web.Request) -> web.Response:
        """The page; `?days=N` selects what it covers. Repositories that the client may not see are left out."""
        days = days_of(request)
        names = await self._access.visible(request, self._names())
        answered = await self._answers.get(LANDING, days)
        page = landing(answered.rows, names, answered.period, answered.at)
        response = cached(request, page, "text/html", self._answers.refresh_s)
        response.headers.update(HEADERS)
        return response
