"""Who may see what: everybody what is public, the machine itself all, anybody else all with the token.

A request counts as the machine's own where it comes from loopback and names a loopback host: a page
in a browser that was led here by another name (DNS rebinding) does not.
"""

import base64
import binascii
import hmac
from collections.abc import Collection
from ipaddress import ip_address

from aiohttp import web
from pydantic import SecretStr

from etl.state.state import State

# Browsers ask for the token by themselves: any name, the token as the password.
_ASK = {"WWW-Authenticate": 'Basic realm="ci-health", charset="UTF-8"'}

# Whoever comes through a proxy on this machine is not of this machine; not every proxy says so.
_FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")


class Access:
    """Decides by the token that the settings name and by what is known of the repositories."""

    def __init__(self, token: SecretStr | None, state: State) -> None:
        self._token = token
        self._state = state

    def trusted(self, request: web.Request) -> bool:
        """Whether whoever asks may see everything. A token, where one is set, is asked of everybody."""
        if self._token is None:
            return _is_local(request)
        return hmac.compare_digest(_given(request), self._token.get_secret_value().encode())

    async def require(self, request: web.Request, names: Collection[str]) -> None:
        """Raises HTTPUnauthorized unless all repositories are public or whoever asks is trusted.

        A repository that is not known is none that is public: whether it is there is not told.
        """
        if self.trusted(request):
            return
        if not names or not await self._state.call(self._are_public, names):
            why = (
                "the token of the setting http.token is needed, as `Authorization: Bearer TOKEN`"
                if self._token
                else "beyond this machine, what is private is shown only where http.token is set"
            )
            raise web.HTTPUnauthorized(text=why, headers=_ASK)

    def _are_public(self, names: Collection[str]) -> bool:
        known = [self._state.repositories.get(name) for name in names]
        return all(repository is not None and not repository.private for repository in known)


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself."""
    try:
        return host == "localhost" or ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _is_local(request: web.Request) -> bool:
    forwarded = any(name in request.headers for name in _FORWARDED)
    try:
        named = request.url.host or ""
    except ValueError:
        # The header names no host that there can be.
        return False
    return not forwarded and is_loopback(request.remote or "") and is_loopback(named)


def _given(request: web.Request) -> bytes:
    """The token of a request, as a bearer or as the password of basic authentication."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return b""
    return value.strip().encode("utf-8", "surrogateescape") if kind.lower() == "bearer" else b""
