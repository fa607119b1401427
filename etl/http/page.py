"""What the pages of the server share: who may see them, what they ask, which period they cover, their headers."""

import re
from collections.abc import Callable, Collection

from aiohttp import web

from etl.http.access import Access
from etl.http.answer_cache import AnswerCache, cached

_DAYS, _MAX_DAYS = 14, 365
# A page carries the policy that allows its own style and scripts; none may frame it.
_HEADERS = {"Content-Security-Policy": "frame-ancestors 'none'"}


class Page:
    """A page of the repositories that `names` gives."""

    def __init__(self, access: Access, answers: AnswerCache, names: Callable[[], Collection[str]]) -> None:
        self._access = access
        self._answers = answers
        self._names = names

    def _response(self, request: web.Request, html: str) -> web.Response:
        response = cached(request, html, "text/html", self._answers.refresh_s)
        response.headers.update(_HEADERS)
        return response


def days_of(request: web.Request) -> int:
    """How many days a page is to cover; raises HTTPBadRequest for what is no such number."""
    text = request.query.get("days", str(_DAYS))
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= _MAX_DAYS:
        return int(text)
    raise web.HTTPBadRequest(text=f"days is a whole number from 1 to {_MAX_DAYS}")
