"""`/api/v1/NAME`: the answers for agents and scripts, as JSON."""

import asyncio
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from typing import Any, Final

from aiohttp import web

from etl.errors import ConfigurationError, RetriableError, UnreachableError
from etl.http.access import Access
from etl.pipeline.context import Pipeline
from etl.report.answers.answer import to_json
from etl.report.answers.catalogue import ANSWERS, Answerer
from etl.report.answers.source import Parameters, Source, parsed

PREFIX: Final = "/api/v1"
# More than these would overload the store, or keep clients waiting for too long.
_CONCURRENCY, _MAX_WAITING = 2, 32


class Api:
    """Serves the answers about the repositories that `names` returns."""

    def __init__(self, access: Access, pipeline: Pipeline, names: Callable[[], Collection[str]]) -> None:
        self._access = access
        self._pipeline = pipeline
        self._names = names
        self._slots = asyncio.Semaphore(_CONCURRENCY)
        self._requests = 0

    def routes(self) -> list[web.RouteDef]:
        """The routes: a list of all answers, and one for each."""
        return [web.get(PREFIX, self._list), *(web.get(f"{PREFIX}/{name}", self._show) for name in ANSWERS)]

    async def _list(self, _request: web.Request) -> web.Response:
        """What answers there are, with the schema of their parameters: the same for everybody."""
        return web.json_response(
            {one.name: {"path": f"{PREFIX}/{one.name}", **_described(one)} for one in ANSWERS.values()}
        )

    async def _show(self, request: web.Request) -> web.Response:
        answerer = ANSWERS[request.path.rpartition("/")[2]]
        try:
            asked = parsed(answerer.takes, request.query)
            names = await self._visible(request, asked)
            found = await self._answer(answerer, asked, names)
        except UnreachableError:
            # The store, whose address is not for clients.
            raise
        except ConfigurationError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        return web.Response(text=found, content_type="application/json")

    async def _visible(self, request: web.Request, asked: Parameters) -> Collection[str]:
        """The repositories that the answer may be about; refuses clients that may see none of them."""
        wanted = asked.asked_repository()
        configured = self._names()
        if not wanted:
            return await self._access.visible(request, configured)
        # The name is untrusted: do not query the state for repositories that are not configured.
        names = [name for name in configured if name == wanted]
        await self._access.require(request, names)
        if not names:
            raise web.HTTPNotFound(text="this repository is not configured")
        return names

    async def _answer(self, answerer: Answerer, asked: Parameters, names: Collection[str]) -> str:
        if self._requests >= _CONCURRENCY + _MAX_WAITING:
            raise RetriableError("too many questions are being asked: try again later")
        pipeline = self._pipeline
        self._requests += 1
        try:
            async with self._slots:
                now = datetime.fromtimestamp(int(pipeline.clock()), UTC)
                source = Source(pipeline.store, pipeline.settings, now, frozenset(names))
                return to_json(await answerer.find(source, asked), asked.tokens)
        finally:
            self._requests -= 1


def _described(answerer: Answerer) -> dict[str, Any]:
    return {"tells": answerer.doc, "takes": answerer.takes.model_json_schema()["properties"]}
