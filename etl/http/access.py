"""Access control: with a token, clients need it; without one, this machine sees everything, others public data.

Badges of public repositories are always public: a README that shows one cannot send a token.

A request counts as local if it comes from loopback and its Host header names a loopback host, which excludes
DNS rebinding. A request from another site's page that embeds the resource never counts as local or
authorised: browsers send a remembered password, and whether an image loads would tell that page what exists.
"""

import base64
import binascii
import hmac
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import SecretStr

from etl.state.state import State

# Makes browsers prompt for credentials: any user name, and the token as the password.
_CHALLENGE = {"WWW-Authenticate": 'Basic realm="ci-health", charset="UTF-8"'}

# A request through a proxy on this machine is not local, but not every proxy adds one of these headers.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Access:
    """Grants access by the configured token and, where that allows, by which repositories are public."""

    def __init__(self, token: SecretStr | None, state: State) -> None:
        self._token = token
        self._state = state

    def trusted(self, request: web.Request) -> bool:
        """Whether the client may see everything. If a token is configured, every client needs it."""
        if _is_embedded_elsewhere(request):
            return False
        if self._token is None:
            return _is_local(request)
        return hmac.compare_digest(presented_token(request), self._token.get_secret_value().encode())

    async def require(
        self, request: web.Request, names: Collection[str], *, always_public: bool = False
    ) -> None:
        """Raise HTTPUnauthorized unless the client is trusted, or all repositories are public and no token is set.

        With `always_public`, what is public needs no token even if one is set. An unknown repository counts as
        private, so the answer does not reveal whether it exists.
        """
        if self.trusted(request):
            return
        is_open = self._token is None or always_public
        if not is_open or not names or not await self._state.call(self._are_public, names):
            why = (
                "the token from the setting http.token is required, as `Authorization: Bearer TOKEN`"
                if self._token
                else "private data is shown to other machines only if http.token is set"
            )
            raise web.HTTPUnauthorized(text=why, headers=_CHALLENGE)

    async def require_all(self, request: web.Request, names: Collection[str]) -> None:
        """The same for everything in the store: results of other CIs, also those sent to another process, are private."""
        if self.trusted(request):
            return
        ingested = await self._state.call(self._state.repositories.ingested)
        await self.require(request, [*names, *ingested])

    async def visible(self, request: web.Request, names: Collection[str]) -> list[str]:
        """The repositories that the client may see; raises HTTPUnauthorized if there is none."""
        if self.trusted(request):
            return list(names)
        public = [name for name in names if await self._state.call(self._are_public, [name])]
        await self.require(request, public)
        return public

    def _are_public(self, names: Collection[str]) -> bool:
        known = [self._state.repositories.get(name) for name in names]
        return all(repository is not None and not repository.private for repository in known)


def is_loopback(host: str) -> bool:
    """Whether a host is a loopback address or `localhost`."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_local(request: web.Request) -> bool:
    forwarded = any(name in request.headers for name in _FORWARDED)
    try:
        named = request.url.host or ""
    except ValueError:
        # The header does not contain a valid host.
        return False
    return not forwarded and is_loopback(request.remote or "") and is_loopback(named)


def _is_embedded_elsewhere(request: web.Request) -> bool:
    """Whether a page of another site embeds the resource; following a link does not count.

    Source: W3C, "Fetch Metadata Request Headers". Browsers without these headers send Origin or Referer.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        is_followed = request.headers.get("Sec-Fetch-Dest") == "document"
        return site not in ("same-origin", "none") and not is_followed
    origin = request.headers.get("Origin") or request.headers.get("Referer")
    return origin is not None and urlsplit(origin).netloc.lower() != request.headers.get("Host", "").lower()


def presented_token(request: web.Request) -> bytes:
    """The request's token, from bearer authentication or the password of basic authentication."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return value.strip().encode("utf-8", "surrogateescape") if kind.lower() == "bearer" else b""
