"""`/`: what to do first, and the health of each repository that the client may see."""

from aiohttp import web

from etl.http.page import Page, days_of
from etl.report.landing import LANDING, landing


class Landing(Page):
    """Renders the landing page."""

    async def show(self, request: web.Request) -> web.Response:
        """The page for the last `?days=N` days, without repositories that the client may not see."""
        days = days_of(request)
        names = await self._access.visible(request, self._names())
        answered = await self._answers.get(LANDING, days)
        return self._response(request, landing(answered.rows, names, answered.period, answered.at))
