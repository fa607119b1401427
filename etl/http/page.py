"""What the server's pages share: access control, the cache, the period they cover, and headers."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from aiohttp import web

from etl.http.access import Access
from etl.http.page_cache import Page, PageCache, respond
from etl.model.writes import Row
from etl.pipeline.context import Pipeline
from etl.report.ask import ask, last_days, parameters
from etl.report.view import Period

DAYS: Final = 14
_MAX_DAYS = 365
# Each page embeds a policy that allows only its own style and scripts; this header forbids framing.
_HEADERS = {"Content-Security-Policy": "frame-ancestors 'none'"}


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows by question for a period, and when the store was asked."""

    rows: dict[str, list[Row]]
    period: Period
    at: datetime


@dataclass(frozen=True, slots=True)
class Pages:
    """What serves pages about the configured repositories, whose names `names` returns."""

    pipeline: Pipeline
    access: Access
    cache: PageCache
    names: Callable[[], Collection[str]]

    async def ask(self, questions: Collection[str], days: int, repository: str = "") -> Answered:
        """Answers about the last `days` days, of one repository or all. Raises the store's errors."""
        now = self.pipeline.clock()
        period = last_days(days, now)
        asked = parameters(period, repository)
        rows = await ask(self.pipeline.store, self.pipeline.settings, questions, asked)
        return Answered(rows, period, datetime.fromtimestamp(int(now), UTC))

    async def html(self, request: web.Request, page: Page) -> web.Response:
        """A page as HTML."""
        response = await respond(request, page, "text/html", self.cache.max_age(page))
        response.headers.update(_HEADERS)
        return response


def days_of(request: web.Request) -> int:
    """The number of days that a page covers; raises HTTPBadRequest if it is invalid."""
    text = request.query.get("days", str(DAYS))
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= _MAX_DAYS:
        return int(text)
    raise web.HTTPBadRequest(text=f"days must be a whole number from 1 to {_MAX_DAYS}")
