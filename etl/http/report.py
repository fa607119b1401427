"""`/report`: the current report on all repositories or one."""

import asyncio
from functools import partial

from aiohttp import web

from etl.http.page import DAYS, Pages, days_of
from etl.report.ask import REPORTED
from etl.report.html import render


class Report:
    """Renders the report."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: web.Request) -> web.Response:
        """The report; `?days=N` and `?repository=OWNER/REPO` select what it covers."""
        pages, days = self._pages, days_of(request)
        repository = request.query.get("repository", "")
        configured = list(pages.names())
        # The name is untrusted: do not query the state for repositories that are not configured.
        names = [name for name in configured if name == repository] if repository else configured
        if repository:
            await pages.access.require(request, names)
        else:
            await pages.access.require_all(request, names)
        if repository and not names:
            raise web.HTTPNotFound(text="this repository is not configured")
        page = await pages.cache.get((days, repository), partial(self._make, days, repository))
        return await pages.html(request, page)

    async def make_ahead(self) -> None:
        """Make the report that is shown without a query."""
        await self._pages.cache.make_ahead((DAYS, ""), partial(self._make, DAYS, ""))

    async def _make(self, days: int, repository: str) -> str:
        pages = self._pages
        answered = await pages.ask(REPORTED, days, repository)
        title = repository or ", ".join(pages.names())
        # Thousands of rows take seconds, during which others are answered.
        return await asyncio.to_thread(
            render, answered.rows, period=answered.period, generated_at=answered.at, title=title
        )
