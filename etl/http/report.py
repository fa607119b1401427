"""`/report`: the current report on all repositories or one."""

from aiohttp import web

from etl.http.page import Page, days_of
from etl.report.ask import REPORTED
from etl.report.html import render


class Report(Page):
    """Renders the report."""

    async def show(self, request: web.Request) -> web.Response:
        """The report; `?days=N` and `?repository=OWNER/REPO` select what it covers."""
        days = days_of(request)
        repository = request.query.get("repository", "")
        configured = list(self._names())
        # The name is untrusted: do not query the state for repositories that are not configured.
        names = [name for name in configured if name == repository] if repository else configured
        if repository:
            await self._access.require(request, names)
        else:
            await self._access.require_all(request, names)
        if repository and not names:
            raise web.HTTPNotFound(text="this repository is not configured")
        answered = await self._answers.get(REPORTED, days, repository)
        title = ", ".join(names)
        html = render(answered.rows, period=answered.period, generated_at=answered.at, title=title)
        return self._response(request, html)
