"""The server: routes to their rooms, errors as sentences, headers that keep a browser from guessing."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import structlog
from aiohttp import web

from etl.errors import CiHealthError, ConfigurationError
from etl.settings import HttpSettings

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LAST_REQUESTS_S = 1.0
# A hundred times what GitHub tells of a run; anything else that is asked here has no body.
_MAX_BODY = 5 * 1024 * 1024
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Server": "ci-health",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@asynccontextmanager
async def serving(settings: HttpSettings, routes: Sequence[web.RouteDef]) -> AsyncIterator[str]:
    """Serve until the end; the base URL by which this machine reaches it.

    Raises ConfigurationError where the address cannot be listened on.
    """
    app = web.Application(middlewares=[_guarded], client_max_size=_MAX_BODY)
    app.add_routes(routes)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=_LAST_REQUESTS_S)
    await runner.setup()
    try:
        await _listen(web.TCPSite(runner, settings.host, settings.port), settings)
        host, port = runner.addresses[0][:2]
        url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        log.info("listening", url=url)
        yield url
    finally:
        await runner.cleanup()


async def _listen(site: web.TCPSite, settings: HttpSettings) -> None:
    try:
        await site.start()
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}; set http.host and "
            "http.port (0: any that is free), or http.enabled: false"
        ) from None


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Errors become sentences in JSON; a bug here fails only this request."""
    try:
        response = await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        response = _refusal(error.status, error.text or error.reason)
        response.headers.update({k: v for k, v in error.headers.items() if k != "Content-Type"})
    except CiHealthError as error:
        log.warning("a request could not be answered", path=request.path, reason=str(error))
        response = _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "not available now: the service's log says why")
    except Exception:
        log.exception("unexpected error", path=request.path)
        response = _refusal(HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected: the service's log says where")
    for name, value in _SAFE.items():
        response.headers.setdefault(name, value)
    return response


def _refusal(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
