"""The HTTP server: serves the routes, turns errors into readable messages, and sets security headers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware

from etl.errors import CiHealthError, ConfigurationError
from etl.http.bodies import MAX_BODY
from etl.http.rare_log import RareLog
from etl.settings import HttpSettings

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LAST_REQUESTS_S = 1.0
_SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Server": "ci-health",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


@asynccontextmanager
async def serving(settings: HttpSettings, routes: Sequence[web.RouteDef]) -> AsyncIterator[str]:
    """Serve until the context ends; yields the base URL at which this machine can reach the server.

    Raises ConfigurationError if the server cannot listen on the address.
    """
    app = web.Application(middlewares=[_guard()], client_max_size=MAX_BODY)
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
            "http.port (0: any free port), or http.enabled: false"
        ) from None


def _guard() -> Middleware:
    """Turn errors into JSON messages; a bug fails only its own request."""
    rare_log = RareLog()

    @web.middleware
    async def guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            response = await handler(request)
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST:
                raise
            response = _error_response(error.status, error.text or error.reason)
            response.headers.update({k: v for k, v in error.headers.items() if k != "Content-Type"})
        except CiHealthError as error:
            if rare_log.allows(f"{_route(request)} {type(error).__name__}"):
                log.warning("a request could not be answered", path=request.path, reason=str(error))
            response = _error_response(
                HTTPStatus.SERVICE_UNAVAILABLE, "temporarily unavailable: the service's log says why"
            )
        except Exception:
            if rare_log.allows(_route(request)):
                log.exception("unexpected error", path=request.path)
            response = _error_response(
                HTTPStatus.INTERNAL_SERVER_ERROR, "unexpected error: see the service's log"
            )
        for name, value in _SECURITY_HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    return guarded


def _route(request: web.Request) -> str:
    """The path pattern of the request's route."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""


def _error_response(status: int, why: str) -> web.Response:
    return web.json_response({"error": why}, status=status)
