"""Faults that a simulated GitHub answers with, as seen from GitHub or from a bad network."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

Respond = Callable[[web.Request, Callable[[], Awaitable[web.StreamResponse]]], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class Fault:
    """Answers requests whose path and query match, `times` times (None: always)."""

    match: str
    respond: Respond
    times: int | None = 1


class Faults:
    """Active faults; the first that matches a request answers it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def add(self, match: str, respond: Respond, *, times: int | None = 1) -> None:
        """From now on, answer matching requests with this fault; `match` is a regular expression on path and query."""
        self._faults.append(Fault(match, respond, times))

    def clear(self) -> None:
        """Remove all faults."""
        self._faults.clear()

    def take(self, path: str) -> Respond | None:
        """The answer of the first fault that matches this request, if any; counts the use."""
        for fault in self._faults:
            if fault.times != 0 and re.search(fault.match, path):
                if fault.times is not None:
                    fault.times -= 1
                return fault.respond
        return None


def status(code: int, message: str = "", *, headers: Mapping[str, str] | None = None) -> Respond:
    """An answer with a status and GitHub's error format."""

    async def respond(_request: web.Request, _go_on: Any) -> web.StreamResponse:
        return web.json_response({"message": message}, status=code, headers=dict(headers or {}))

    return respond


def secondary_limit(retry_after: str | None = None) -> Respond:
    """403 as the secondary rate limit."""
    headers = {"retry-after": retry_after} if retry_after else {}
    return status(403, "You have exceeded a secondary rate limit. Please wait.", headers=headers)


def primary_limit(reset: float) -> Respond:
    """403 as the primary rate limit."""
    headers = {
        "x-ratelimit-limit": "5000",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(reset)),
    }
    return status(403, "API rate limit exceeded for user ID 1.", headers=headers)


def too_many(retry_after: str | None = None) -> Respond:
    """429, with or without `retry-after`."""
    return status(429, "Too many requests", headers={"retry-after": retry_after} if retry_after else {})


def missing_permission(permission: str) -> Respond:
    """403 for a token without the permission."""
    return status(
        403,
        "Resource not accessible by personal access token",
        headers={"x-accepted-github-permissions": permission},
    )


def truncated_json() -> Respond:
    """Half of the right answer, sent as if it were complete."""

    async def respond(_request: web.Request, go_on: Callable[[], Awaitable[Any]]) -> web.StreamResponse:
        body = (await go_on()).body
        return web.Response(body=body[: len(body) // 2], content_type="application/json")

    return respond


def cut_connection() -> Respond:
    """Half of the right answer, then the connection breaks."""

    async def respond(request: web.Request, go_on: Callable[[], Awaitable[Any]]) -> web.StreamResponse:
        body = (await go_on()).body
        response = web.StreamResponse(headers={"content-length": str(len(body))})
        await response.prepare(request)
        await response.write(body[: len(body) // 2])
        assert request.transport is not None
        request.transport.abort()
        return response

    return respond


def empty_body() -> Respond:
    """200 with an empty body."""

    async def respond(_request: web.Request, _go_on: Any) -> web.StreamResponse:
        return web.Response(body=b"", content_type="application/json")

    return respond


def changed(change: Callable[[Any], Any]) -> Respond:
    """The right answer, its JSON changed; one without any, such as a 304, as it is."""

    async def respond(_request: web.Request, go_on: Callable[[], Awaitable[Any]]) -> web.StreamResponse:
        right: web.StreamResponse = await go_on()
        if not isinstance(right, web.Response) or not isinstance(right.body, bytes) or not right.body:
            return right  # 304: the client already has the changed content
        return web.json_response(change(json.loads(right.body)), headers=_kept(right.headers))

    return respond


def delay(seconds: float) -> Respond:
    """The right answer, late."""

    async def respond(_request: web.Request, go_on: Callable[[], Awaitable[Any]]) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        right: web.StreamResponse = await go_on()
        return right

    return respond


def after(do: Callable[[], None]) -> Respond:
    """The right answer, and then something happens: a run is added, the clock moves."""

    async def respond(_request: web.Request, go_on: Callable[[], Awaitable[Any]]) -> web.StreamResponse:
        right: web.StreamResponse = await go_on()
        do()
        return right

    return respond


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() in ("link", "etag")}
