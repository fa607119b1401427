"""`POST /webhooks/github`: stores a delivery before it responds; the run is read afterwards."""

from collections.abc import Callable, Collection
from http import HTTPStatus

import structlog
from aiohttp import web

from etl.errors import DataError
from etl.extract.github.webhooks import EVENTS, FORM, JSON, CompletionEvent, is_signed, parse, payload_of
from etl.http.bodies import Bodies
from etl.http.etl_metrics import EtlMetrics
from etl.http.rare_log import RareLog
from etl.pipeline.webhooks import WebhookQueue
from etl.state.state import State

log = structlog.get_logger(__name__)

_MAX_ID = 100


class Webhooks:
    """Accepts deliveries signed with the secret; `names` returns the configured repositories."""

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
        self._bodies = Bodies()
        self._log = RareLog()

    async def take(self, request: web.Request) -> web.Response:
        """Answer 202 and `queued`, `kept`, `known` or `ignored`; parse the body only if its signature is valid."""
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
        # Also of a ping, by which one sees whether a new webhook works.
        if request.content_type not in (JSON, FORM):
            raise web.HTTPUnsupportedMediaType(text=f"set the webhook's content type to {JSON} or {FORM}")
        if event not in EVENTS:
            return "ignored"
        delivery = request.headers.get("X-GitHub-Delivery", "")
        if not 0 < len(delivery) <= _MAX_ID:
            raise web.HTTPBadRequest(text="X-GitHub-Delivery is missing or too long")
        try:
            completion = parse(event, payload_of(body, request.content_type))
        except DataError as error:
            raise web.HTTPBadRequest(text=f"{event}: {error}") from None
        name = None if completion is None else await self._name(completion)
        if completion is None or name is None:
            return "ignored"
        return await self._queue.keep(delivery, name, completion)

    async def _signed_body(self, request: web.Request) -> bytes:
        """The raw body; rejected if it cannot be read or its signature is wrong."""
        body = await self._bodies.read(request)
        signed = is_signed(body, request.headers.get("X-Hub-Signature-256", ""), self._secret)
        if not signed and self._log.allows("signature"):
            log.warning("webhooks are refused: their signature does not match http.webhooks.secret")
        if not signed:
            raise web.HTTPUnauthorized(text="the signature does not match the configured secret")
        return body

    async def _name(self, completion: CompletionEvent) -> str | None:
        """The repository's configured name, looked up by its id, which never changes, or else by its name."""
        names = self._names()
        known = await self._state.call(self._state.repositories.name_of, completion.repository_id)
        if known in names:
            return known
        return next((name for name in names if name.lower() == completion.full_name.lower()), None)
