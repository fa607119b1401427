"""The simulated GitHub's side of a GitHub App: verified JWTs, tokens that expire, installations.

Source: GitHub docs, "REST API endpoints for GitHub Apps", "… for GitHub App installations".
"""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import jwt
from aiohttp import web

from etl.demo import views
from etl.demo.history import Repository
from etl.demo.protocol import error, listing

if TYPE_CHECKING:
    from etl.demo.server import SimulatedGitHub

_TOKEN_S = 3_600
# GitHub accepts no JWT that is valid for longer than this.
_MAX_JWT_S = 600

Handler = Callable[["SimulatedGitHub", "SimulatedApp", web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Installation:
    """An installation of the App for an owner of repositories."""

    id: int
    owner: str
    suspended: bool = False


@dataclass(slots=True)
class SimulatedApp:
    """An App with its public key (PEM) and installations; tests change it while the server runs."""

    id: int
    public_key: bytes
    installations: Sequence[Installation]
    _tokens: dict[str, tuple[Installation, float]] = field(default_factory=dict)

    def issue(self, installation: Installation, now: float) -> tuple[str, float]:
        """A new token of an installation, and when it expires."""
        token, expires = f"ghs_{installation.id}_{int(now)}", now + _TOKEN_S
        self._tokens[token] = (installation, expires)
        return token, expires

    def installation_of(self, token: str, now: float) -> Installation | None:
        """The installation that a token belongs to; None if the token is unknown or expired."""
        installation, expires = self._tokens.get(token, (None, 0.0))
        return installation if now <= expires and installation in self.installations else None

    def may_see(self, token: str, repository: Repository) -> bool:
        """Whether the token's installation may see a repository: its owner's, or a public one."""
        installation, _ = self._tokens.get(token, (None, 0.0))
        return installation is not None and (
            not repository.private or _owner(repository) == installation.owner.lower()
        )

    def problem_of(self, token: str) -> str | None:
        """Why a JWT is not valid for the App; None if it is."""
        try:
            claims = jwt.decode(
                token,
                self.public_key,
                algorithms=["RS256"],
                options={"require": ["exp", "iat", "iss"]},
                issuer=str(self.id),
            )
        except (jwt.PyJWTError, ValueError) as problem:
            return f"A JSON web token could not be decoded: {problem}"
        if claims["exp"] - claims["iat"] > _MAX_JWT_S + 60:
            return "'Expiration time' claim ('exp') is too far in the future"
        return None


def token_of(request: web.Request) -> str:
    """The token of a request; empty if there is none."""
    return request.headers.get("authorization", "").partition(" ")[2]


def routes(github: SimulatedGitHub) -> list[web.RouteDef]:
    """The App's routes; all except the last are for the App itself."""
    below = "/app/installations"
    return [
        web.get(below, functools.partial(_as_app, github, _installations)),
        web.post(below + "/{id}/access_tokens", functools.partial(_as_app, github, _access_token)),
        web.get("/installation/repositories", functools.partial(_repositories, github)),
    ]


async def _as_app(github: SimulatedGitHub, handler: Handler, request: web.Request) -> web.StreamResponse:
    """Run the handler if the JWT is signed with the App's key and has not expired."""
    app = github.app
    problem = "there is no App" if app is None else app.problem_of(token_of(request))
    if app is None or problem is not None:
        return error(401, problem or "")
    return await handler(github, app, request)


async def _installations(
    github: SimulatedGitHub, app: SimulatedApp, request: web.Request
) -> web.StreamResponse:
    return listing(request, None, [_view(github.url, app, item) for item in app.installations])


async def _access_token(
    github: SimulatedGitHub, app: SimulatedApp, request: web.Request
) -> web.StreamResponse:
    wanted = request.match_info["id"]
    found = next((item for item in app.installations if str(item.id) == wanted), None)
    if found is None:
        return error(404, "Not Found")
    if found.suspended:
        return error(403, "This installation has been suspended")
    token, expires = app.issue(found, github.clock())
    ends = f"{datetime.fromtimestamp(expires, UTC):%Y-%m-%dT%H:%M:%SZ}"
    return web.json_response({"token": token, "expires_at": ends, "permissions": {}}, status=201)


async def _repositories(github: SimulatedGitHub, request: web.Request) -> web.StreamResponse:
    app = github.app
    installation = None if app is None else app.installation_of(token_of(request), github.clock())
    if installation is None:
        return error(403, "You must authenticate with an installation access token")
    own = [item for item in github.history.repositories if _owner(item) == installation.owner.lower()]
    return listing(request, "repositories", [views.full_repository(github.url, item) for item in own])


def _owner(repository: Repository) -> str:
    return repository.full_name.partition("/")[0].lower()


def _view(base: str, app: SimulatedApp, item: Installation) -> dict[str, Any]:
    url = f"{base}/app/installations/{item.id}"
    moment = "2026-01-01T00:00:00Z"
    owner = views.user(base, item.owner)
    return {
        "id": item.id,
        "account": owner,
        "repository_selection": "all",
        "access_tokens_url": f"{url}/access_tokens",
        "repositories_url": f"{base}/installation/repositories",
        "html_url": f"{base}/organizations/{item.owner}/settings/installations/{item.id}",
        "app_id": app.id,
        "app_slug": "ci-health",
        "target_id": owner["id"],
        "target_type": "Organization",
        "permissions": {"actions": "read", "checks": "read", "metadata": "read"},
        "events": ["workflow_run", "workflow_job"],
        "created_at": moment,
        "updated_at": moment,
        "single_file_name": None,
        "suspended_by": owner if item.suspended else None,
        "suspended_at": moment if item.suspended else None,
    }
