"""GitHub's HTTP conventions for all endpoints: paging, ETags, rate limit, errors; pure except for state."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from aiohttp import web

T = TypeVar("T")

CAP = 1_000
_WINDOW_S = 3_600


@dataclass(slots=True)
class RateLimit:
    """The primary rate limit of one token for one of the APIs."""

    limit: int
    remaining: int
    reset: int
    resource: str = "core"

    def renew(self, now: float) -> None:
        """Begin a new window if the last one is over."""
        if now >= self.reset:
            self.remaining, self.reset = self.limit, int(now) + _WINDOW_S

    def headers(self) -> dict[str, str]:
        """The headers that every answer has."""
        return {
            "x-ratelimit-limit": str(self.limit),
            "x-ratelimit-remaining": str(self.remaining),
            "x-ratelimit-used": str(self.limit - self.remaining),
            "x-ratelimit-reset": str(self.reset),
            "x-ratelimit-resource": self.resource,
        }


@dataclass(frozen=True, slots=True)
class Request:
    """A logged request: who asked for what, and how it was answered."""

    method: str
    path: str
    token: str
    status: int


@dataclass(slots=True)
class Log:
    """All answered requests."""

    requests: list[Request] = field(default_factory=list)

    @property
    def counted(self) -> int:
        """How many requests counted against the rate limit: all except 304."""
        return sum(request.status != 304 for request in self.requests)  # noqa: PLR2004

    def paths(self, part: str = "") -> list[str]:
        """Paths that contain `part`, in order."""
        return [request.path for request in self.requests if part in request.path]

    def clear(self) -> None:
        """Forget them."""
        self.requests.clear()


def error(status: int, message: str) -> web.Response:
    """An error in GitHub's format."""
    return web.json_response(
        {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)},
        status=status,
    )


def answer(request: web.Request, content: Any, token: str) -> web.Response:
    """JSON with an ETag that depends on the token; 304 if the client already has it."""
    body = json.dumps(content).encode()
    etag = f'W/"{hashlib.sha256(token.encode() + body).hexdigest()}"'
    if request.headers.get("if-none-match") == etag:
        return web.Response(status=304, headers={"etag": etag})
    return web.Response(body=body, content_type="application/json", headers={"etag": etag})


def page_of(request: web.Request, items: Sequence[T]) -> tuple[list[T], dict[str, str]]:
    """The requested page and its Link header, which is absent if there is only one page."""
    size = min(100, max(1, int(request.query.get("per_page", "30"))))
    number = max(1, int(request.query.get("page", "1")))
    last = max(1, -(-len(items) // size))
    links = []
    for name, target, wanted in (
        ("prev", number - 1, number > 1),
        ("next", number + 1, number < last),
        ("last", last, number < last),
        ("first", 1, number > 1),
    ):
        if wanted:
            url = request.url.update_query(page=str(target))
            links.append(f'<{url}>; rel="{name}"')
    header = {"link": ", ".join(links)} if links else {}
    return list(items[(number - 1) * size : number * size]), header


def created_range(text: str) -> tuple[str, str]:
    """Bounds of a `created` filter (`A..B`, `>=A`, `<=B`, a date), both inclusive, as ISO text."""
    if text.startswith(">="):
        return text[2:], "9999"
    if text.startswith("<="):
        return "", _end(text[2:])
    first, dots, last = text.partition("..")
    return (first, _end(last)) if dots else (first, _end(first))


def _end(text: str) -> str:
    """A bare date includes its whole day."""
    return text if "T" in text else f"{text}T23:59:59Z"


def as_json(request: web.Request, content: Any) -> web.Response:
    """JSON with the ETag for this token."""
    return answer(request, content, request.headers.get("authorization", ""))


def listing(request: web.Request, key: str | None, items: list[Any]) -> web.Response:
    """One page of a listing, named `key` in the answer, with links to the other pages."""
    page, links = page_of(request, items)
    content = page if key is None else {"total_count": len(items), key: page}
    response = as_json(request, content)
    response.headers.update(links)
    return response
