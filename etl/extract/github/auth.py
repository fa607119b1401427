"""Authentication with a token, or as an installation of a GitHub App.

Source: GitHub docs, "Authenticating as a GitHub App installation".
"""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import sha256
from typing import Any, Protocol

from cryptography.exceptions import UnsupportedAlgorithm
from gidgethub.apps import get_jwt
from jwt import PyJWTError

from etl.errors import ConfigurationError, FatalError, RetriableError
from etl.model.values import seconds
from etl.settings import AppSettings, GitHubSettings, sendable

_RENEW_BEFORE_S = 300
_JWT_S = 9 * 60
_NO_TOKEN = "no GitHub token is configured: set CI_HEALTH_GITHUB__TOKEN or GITHUB_TOKEN"  # noqa: S105

# POST to a path as the App itself (by a JWT made for each request), answering the JSON.
PostAsApp = Callable[[str, Callable[[], str]], Awaitable[Any]]


class Auth(Protocol):
    """Gives the token for the next request."""

    async def token(self) -> str:
        """A token that is valid now; raises FatalError if there is none."""
        ...

    def forget(self, token: str) -> bool:
        """Drop a token that GitHub refused; returns whether another may work."""
        ...


def identity_of(token: str) -> str:
    """A short hash of a token, for places where the token itself must not appear."""
    return sha256(token.encode()).hexdigest()[:16]


def account_of(settings: GitHubSettings) -> str:
    """A name for the account whose rate limit is used, without the token; an installation keeps it across tokens."""
    if settings.app is not None:
        return f"app {settings.app.app_id} installation {settings.app.installation_id}"
    assert settings.token is not None
    return identity_of(settings.token.get_secret_value())


class TokenAuth:
    """A personal access token, or the GITHUB_TOKEN of a workflow."""

    def __init__(self, token: str) -> None:
        try:
            self._token = sendable(token, blanks=False)
        except ValueError as error:
            raise ConfigurationError(f"github.token {error}") from None

    async def token(self) -> str:
        """The token."""
        return self._token

    def forget(self, token: str) -> bool:
        """There is no other."""
        del token
        return False


class AppItself:
    """The App itself, which may list its installations; each request has a new JWT."""

    def __init__(self, settings: AppSettings) -> None:
        self._settings = settings

    async def token(self) -> str:
        """A JWT."""
        return make_jwt(self._settings)

    def forget(self, token: str) -> bool:
        """False: a new JWT would use the same key."""
        del token
        return False


class NotInstalled:
    """Used if the App has no installation for an owner: every request fails."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    async def token(self) -> str:
        """Raises FatalError, always."""
        raise FatalError(
            f"the GitHub App is not installed for {self._owner}, or was suspended: install it there, or "
            "remove the repository from `repositories`"
        )

    def forget(self, token: str) -> bool:
        """There is none."""
        del token
        return False


class NoToken:
    """Used where nothing is read from GitHub: every request fails."""

    async def token(self) -> str:
        """Raises ConfigurationError, always."""
        raise ConfigurationError(_NO_TOKEN)

    def forget(self, token: str) -> bool:
        """There is none."""
        del token
        return False


class AppAuth:
    """Installation tokens of a GitHub App; each is valid for an hour and renewed before it expires."""

    def __init__(self, settings: AppSettings, post: PostAsApp, clock: Callable[[], float]) -> None:
        self._settings = settings
        self._post = post
        self._clock = clock
        self._renewal = asyncio.Lock()
        self._token = ""
        self._expires = 0.0

    async def token(self) -> str:
        """The installation's token, renewed if it is about to expire."""
        async with self._renewal:
            if self._clock() > self._expires - _RENEW_BEFORE_S:
                await self._renew()
        return self._token

    def forget(self, token: str) -> bool:
        """Drop the token; True if a new one may work: tokens expire early if the App's permissions or key change."""
        if token == self._token:
            self._expires = 0.0
        # Without a token, it was the App itself that was refused.
        return bool(token)

    async def _renew(self) -> None:
        path = f"/app/installations/{self._settings.installation_id}/access_tokens"
        try:
            answer = await self._post(path, lambda: make_jwt(self._settings))
        except FatalError as error:
            # The App is refused. A NotFoundError would look like a deleted run.
            raise FatalError(
                f"GitHub gives the App no token for its installation ({error.status}): check "
                "github.app.app_id, github.app.installation_id and github.app.private_key_file",
                status=error.status,
            ) from None
        token = answer.get("token") if isinstance(answer, dict) else None
        expires = seconds(answer.get("expires_at")) if isinstance(answer, dict) else None
        if not isinstance(token, str) or expires is None:
            # A DataError would skip the item that was to be read, which is not the cause.
            raise RetriableError("GitHub answered no installation token: the next sync asks anew")
        self._token, self._expires = token, float(expires)


def authenticate(settings: GitHubSettings, post: PostAsApp, clock: Callable[[], float]) -> Auth:
    """The authentication in the settings; the App itself if they name no installation."""
    app = settings.app
    if app is not None:
        return AppItself(app) if app.installation_id is None else AppAuth(app, post, clock)
    if settings.token is not None:
        return TokenAuth(settings.token.get_secret_value())
    raise ConfigurationError(_NO_TOKEN)


def make_jwt(settings: AppSettings) -> str:
    """A JWT of the App, valid for some minutes. Raises ConfigurationError if its key cannot be used."""
    file = settings.private_key_file
    try:
        key = file.read_text("utf-8")
        return get_jwt(app_id=str(settings.app_id), private_key=key, expiration=_JWT_S)
    except OSError as error:
        raise ConfigurationError(
            f"github.app.private_key_file {file} cannot be read: {error.strerror}"
        ) from None
    except (ValueError, TypeError, AttributeError, PyJWTError, UnsupportedAlgorithm) as error:
        # The errors' texts might reveal part of the key, so only their type is used. A public key raises
        # AttributeError.
        raise ConfigurationError(
            f"github.app.private_key_file {file} holds no private key in PEM format ({type(error).__name__})"
        ) from None
