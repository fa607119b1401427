"""`/`: what to do first, and the health of each repository that the client may see."""

import asyncio
from functools import partial

from aiohttp import web

from etl.http.page import DAYS, Pages, days_of
from etl.report.landing import LANDING, landing


class Landing:
    """Renders the landing page."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    async def show(self, request: web.Request) -> web.Response:
        """The page for the last `?days=N` days, without repositories that the client may not see."""
        pages, days = self._pages, days_of(request)
        visible = await pages.access.visible(request, pages.names())
        # What is made for those who may see everything is for nobody else, whatever is public now.
        only = None if pages.access.trusted(request) else tuple(visible)
        page = await pages.cache.get(("landing", days, only), partial(self._make, days, only))
        return await pages.html(request, page)

    async def make_ahead(self) -> None:
        """Make the page that shows all repositories, without a query."""
        await self._pages.cache.make_ahead(("landing", DAYS, None), partial(self._make, DAYS, None))

    async def _make(self, days: int, only: tuple[str, ...] | None) -> str:
        """The page, on all repositories or `only` some."""
        pages = self._pages
        answered = await pages.ask(LANDING, days)
        names = pages.names() if only is None else only
        return await asyncio.to_thread(landing, answered.rows, names, answered.period, answered.at)
