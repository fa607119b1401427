"""What the server's pages share: access control, questions, the period they cover, and headers."""

import re
from collections.abc import Callable, Collection

from aiohttp import web

from etl.http.access import Access
from etl.http.answer_cache import AnswerCache, cached

_DAYS, _MAX_DAYS = 14, 365
# Each page embeds a policy that allows only its own style and scripts; this header forbids framing.
_HEADERS = {"Content-Security-Policy": "frame-ancestors 'none'"}


class Page:
    """A page about the repositories that `names` returns."""

    def __init__(self, access: Access, answers: AnswerCache, names: Callable[[], Collection[str]]) -> None:
        self._access = access
        self._answers = answers
        self._names = names

    def _response(self, request: web.Request, html: str) -> web.Response:
        response = cached(request, html, "text/html", self._answers.refresh_s)
        response.headers.update(_HEADERS)
        return response


def days_of(request: web.Request) -> int:
    """The number of days that a page covers; raises HTTPBadRequest if it is invalid."""
    text = request.query.get("days", str(_DAYS))
    if re.fullmatch("[0-9]{1,3}", text) and 1 <= int(text) <= _MAX_DAYS:
        return int(text)
    raise web.HTTPBadRequest(text=f"days must be a whole number from 1 to {_MAX_DAYS}")
