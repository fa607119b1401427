"""`POST /api/v1/ingest`: results of jobs in other CIs, committed before it responds."""

import asyncio
import hmac
from dataclasses import asdict
from http import HTTPStatus
from typing import Final

import structlog
from aiohttp import web
from pydantic import SecretStr

from etl.errors import CiHealthError, ConflictError, DataError
from etl.extract.told import parse
from etl.http.access import presented_token
from etl.http.bodies import Bodies
from etl.http.forms import form_of
from etl.http.rare_log import RareLog
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.ingest import Ingested, ingest, judge_ingested

log = structlog.get_logger(__name__)

LARGEST: Final = 32 << 20
_MOST: Final = 2 * LARGEST
_TIMEOUT_S: Final = 120.0
_RETRY_AFTER_S: Final = 60


class Ingest:
    """Ingests what clients with the token send."""

    def __init__(self, token: SecretStr, pipeline: Pipeline) -> None:
        self._token = token.get_secret_value().encode()
        self._pipeline = pipeline
        self._bodies = Bodies(_MOST, largest=LARGEST, timeout_s=_TIMEOUT_S)
        # The results of one run may take hundreds of megabytes.
        self._turn = asyncio.Lock()
        self._log = RareLog()

    async def take(self, request: web.Request) -> web.Response:
        """Answer 201 once the points are in the outbox, 200 if they had been; the body has the details.

        Nothing is written if a field is wrong (400) or a report cannot be read (422), or if the same attempt was
        told of otherwise (409).
        """
        if not hmac.compare_digest(presented_token(request), self._token):
            if self._log.allows("token"):
                log.warning("results are refused: their token is not that of http.ingest.token")
            raise web.HTTPUnauthorized(
                text="the token from the setting http.ingest.token is required, as `Authorization: Bearer TOKEN`",
                headers={"WWW-Authenticate": "Bearer"},
            )
        await self._require_room()
        body = await self._bodies.read(request)
        done = await self._ingest(request.headers.get("Content-Type", ""), body)
        status = HTTPStatus.CREATED if done.status == "ingested" else HTTPStatus.OK
        return web.json_response(asdict(done), status=status)

    async def _ingest(self, content_type: str, body: bytes) -> Ingested:
        pipeline = self._pipeline
        try:
            fields, reports = await asyncio.to_thread(form_of, content_type, body)
            told = parse(fields, pipeline.clock())
        except DataError as error:
            raise web.HTTPBadRequest(text=str(error)) from None
        try:
            async with self._turn:
                return await ingest(pipeline, told, reports)
        except DataError as error:
            raise web.HTTPUnprocessableEntity(text=f"{error}\nnothing was ingested") from None
        except ConflictError as error:
            raise web.HTTPConflict(text=str(error)) from None

    async def _require_room(self) -> None:
        state, limit = self._pipeline.state, self._pipeline.settings.state.outbox_limit
        if await state.call(state.outbox.points) >= limit:
            raise web.HTTPServiceUnavailable(
                text="the outbox is full, since the store takes no points: try again later",
                headers={"Retry-After": str(_RETRY_AFTER_S)},
            )


async def judge_forever(pipeline: Pipeline, delivery: Delivery) -> None:
    """At every interval, judge the repositories that no sync reads; also those that other processes ingested."""
    while True:
        try:
            await pipeline.repositories.recall_ingested()
        except CiHealthError as error:
            log.debug("ingested repositories are not known", reason=str(error))
        for name in pipeline.repositories.ingested:
            await judge_ingested(pipeline, delivery, name)
        await asyncio.sleep(pipeline.settings.interval.total_seconds())
