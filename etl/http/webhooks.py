"""`POST /webhooks/github`: GitHub tells what has ended; it is kept before the answer, and read afterwards."""

import asyncio
from collections.abc import Callable, Collection
from http import HTTPStatus

import structlog
from aiohttp import web

from etl.errors import DataError
from etl.extract.github.webhooks import EVENTS, CompletionEvent, is_signed, parse
from etl.http.etl_metrics import EtlMetrics
from etl.pipeline.webhooks import WebhookQueue
from etl.state.state import State

log = structlog.get_logger(__name__)

_MAX_ID = 100
# After so long GitHub gives a delivery up.
_PATIENCE_S = 10.0


class Webhooks:
    """Takes deliveries that the secret has signed; `names` gives the repositories that are watched."""

    def __init__(
        self,
        secret: str,
        queue: WebhookQueue,
        state: State,
        names: Callable[[], Collection[str]],
        telemetry: EtlMetrics,
    ) -> None:
        self._secret = secret
        self._queue = queue
        self._state = state
        self._names = names
        self._telemetry = telemetry
        self._refusing = False

    async def take(self, request: web.Request) -> web.Response:
        """202 and what became of it: `queued`, `known` or `ignored`. Nothing is read of what is not signed."""
        event = request.headers.get("X-GitHub-Event", "")
        label = event if event in (*EVENTS, "ping") else "other"
        try:
            outcome = await self._outcome(request, event)
        except web.HTTPException:
            self._telemetry.delivery(label, "refused")
            raise
        self._telemetry.delivery(label, outcome)
        return web.json_response({"status": outcome}, status=HTTPStatus.ACCEPTED)

    async def _outcome(self, request: web.Request, event: str) -> str:
        body = await self._signed_body(request)
        if event not in EVENTS:
            return "ignored"
        if request.content_type != "application/json":
            raise web.HTTPUnsupportedMediaType(text="set the webhook's content type to application/json")
        delivery = request.headers.get("X-GitHub-Delivery", "")
        if not 0 < len(delivery) <= _MAX_ID:
            raise web.HTTPBadRequest(text="X-GitHub-Delivery is missing or absurdly long")
        try:
            told = parse(event, body)
        except DataError as error:
            raise web.HTTPBadRequest(text=f"{event}: {error}") from None
        name = None if told is None else await self._name(told)
        return "ignored" if told is None or name is None else await self._queue.keep(delivery, name, told)

    async def _signed_body(self, request: web.Request) -> bytes:
        """The raw body; refused where it comes too slowly, is too large, or is not signed."""
        try:
            async with asyncio.timeout(_PATIENCE_S):
                body = await request.read()
        except TimeoutError:
            raise web.HTTPRequestTimeout(text="the body did not come in time") from None
        except (web.RequestPayloadError, ConnectionError):
            raise web.HTTPBadRequest(text="the body broke off, or is not encoded as it says") from None
        signed = is_signed(body, request.headers.get("X-Hub-Signature-256", ""), self._secret)
        if not signed and not self._refusing:
            # Once: anybody can send these.
            log.warning("webhooks are refused: their signature is not that of http.webhooks.secret")
        self._refusing = not signed
        if not signed:
            raise web.HTTPUnauthorized(text="the signature is not that of the secret that is set here")
        return body

    async def _name(self, told: CompletionEvent) -> str | None:
        """The name by which the repository is watched: by its id, which stays, else by its name."""
        names = self._names()
        known = await self._state.call(self._state.repositories.name_of, told.repository_id)
        if known in names:
            return known
        return next((name for name in names if name.lower() == told.full_name.lower()), None)
