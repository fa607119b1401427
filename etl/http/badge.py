"""`/badge/OWNER/REPO.svg`: a badge with a repository's success rate and flaky tests."""

from functools import partial
from typing import Final

from aiohttp import web
from jinja2 import Environment

from etl.http.page import Pages
from etl.http.page_cache import respond
from etl.model.writes import Row

# Approximate character width at 11 px in Verdana or DejaVu Sans; the text is stretched to fit.
_CHARACTER = 6.6
_MARGIN = 10
_LABEL: Final = "CI"
_COLOURS: Final = ((0.95, "#2e7d32"), (0.85, "#9a6700"), (0.0, "#b3261e"))
_UNKNOWN: Final = "#59636e"

_SVG: Final = Environment(autoescape=True).from_string(
    """<svg xmlns="http://www.w3.org/2000/svg" width="{{ whole }}" height="20" role="img" \
aria-label="{{ label }}: {{ text }}">
<title>{{ title }}</title>
<clipPath id="round"><rect width="{{ whole }}" height="20" rx="3"/></clipPath>
<g clip-path="url(#round)"><rect width="{{ left }}" height="20" fill="#3b434b"/>\
<rect x="{{ left }}" width="{{ right }}" height="20" fill="{{ colour }}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11">\
<text x="{{ left / 2 }}" y="14">{{ label }}</text>\
<text x="{{ left + right / 2 }}" y="14" textLength="{{ right - 10 }}">{{ text }}</text></g>
</svg>
"""
)


class Badge:
    """Draws badges for the repositories, covering the last `days` days."""

    def __init__(self, pages: Pages, days: int) -> None:
        self._pages = pages
        self._days = days

    async def show(self, request: web.Request) -> web.Response:
        """A repository's badge; "unknown" if it has no runs."""
        pages = self._pages
        name = f"{request.match_info['owner']}/{request.match_info['repository']}"
        # The name is untrusted: do not query the state for repositories that are not configured.
        configured = name in pages.names()
        await pages.access.require(request, [name] if configured else [], always_public=True)
        if not configured:
            raise web.HTTPNotFound(text="this repository is not configured")
        page = await pages.cache.get(("badge", name), partial(self._make, name))
        return await respond(request, page, "image/svg+xml", pages.cache.max_age(page))

    async def _make(self, name: str) -> str:
        answered = await self._pages.ask(["overview"], self._days, name)
        return draw(answered.rows["overview"][0], name, self._days)


def draw(overview: Row, name: str, days: int) -> str:
    """The badge as SVG, from a repository's overview of the last `days` days."""
    rate, flaky = overview["run_success_rate"], overview["flaky_tests"]
    text = "unknown" if rate is None else f"{_percent(rate)} · {flaky} flaky" if flaky else _percent(rate)
    colour = _UNKNOWN if rate is None else next(colour for least, colour in _COLOURS if rate >= least)
    left, right = (round(len(part) * _CHARACTER) + _MARGIN for part in (_LABEL, text))
    return _SVG.render(
        label=_LABEL,
        text=text,
        title=f"{name}, last {days} days",
        colour=colour,
        left=left,
        right=right,
        whole=left + right,
    )


def _percent(rate: float) -> str:
    """Rounded down, so that anything below 1 never reads as 100 %."""
    return f"{int(round(rate * 1000, 6)) / 10:g} %"
