"""The simulated GitHub's comments on pull requests: listed, written, changed and deleted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from aiohttp import web

from etl.demo import views
from etl.demo.app import token_of
from etl.demo.history import Repository
from etl.demo.protocol import as_json, error, listing

if TYPE_CHECKING:
    from etl.demo.server import SimulatedGitHub

_APP_TOKEN = "ghs_"  # noqa: S105
_PERSON = "octocat"
_MAX_CHARACTERS: Final = 65_536
# The JSON of a request that writes, which the route has read.
BODY: Final = web.RequestKey("body", dict[str, Any])


@dataclass(slots=True)
class Comment:
    """A comment; its author is a bot if the token is an App's."""

    id: int
    number: int
    body: str
    author: str
    at: float

    @property
    def is_bot(self) -> bool:
        """Whether an App wrote it."""
        return self.author.endswith("[bot]")


@dataclass(slots=True)
class Comments:
    """Comments of a repository in order; without `may_write` GitHub refuses them."""

    written: list[Comment] = field(default_factory=list)
    may_write: bool = True
    _last: int = 0

    def add(self, number: int, body: str, author: str, at: float = 0.0) -> Comment:
        """Write one."""
        self._last += 1
        comment = Comment(self._last, number, body, author, at)
        self.written.append(comment)
        return comment


def listed(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    """Those of a pull request, the oldest first."""
    number = int(request.match_info["number"])
    found = [one for one in github.comments(repository).written if one.number == number]
    return listing(request, None, [_view(github.url, repository, one) for one in found])


def user_of(github: SimulatedGitHub) -> Callable[[web.Request], Awaitable[web.Response]]:
    """Who a token belongs to; an App's token belongs to nobody."""

    async def handle(request: web.Request) -> web.Response:
        if token_of(request).startswith(_APP_TOKEN):
            return error(403, "Resource not accessible by integration")
        return as_json(request, views.user(github.url, _PERSON))

    return handle


def _write(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    comments, number = github.comments(repository), int(request.match_info["number"])
    if not any(one.number == number for one in repository.pull_requests):
        return error(404, "Not Found")
    body = _body(request)
    if not comments.may_write:
        return _forbidden()
    if not body or len(body) > _MAX_CHARACTERS:
        return error(422, "Validation Failed")
    token = token_of(request)
    author = "github-actions[bot]" if token.startswith(_APP_TOKEN) else _PERSON
    comment = comments.add(number, body, author, github.clock())
    return web.json_response(_view(github.url, repository, comment), status=201)


def _change(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    comment = _found(github, request, repository)
    if comment is None:
        return error(404, "Not Found")
    if not github.comments(repository).may_write:
        return _forbidden()
    comment.body = _body(request)
    return as_json(request, _view(github.url, repository, comment))


def _delete(github: SimulatedGitHub, request: web.Request, repository: Repository) -> web.Response:
    comment = _found(github, request, repository)
    if comment is None:
        return error(404, "Not Found")
    github.comments(repository).written.remove(comment)
    return web.Response(status=204)


WRITES: Final = (
    ("POST", "/issues/{number}/comments", _write),
    ("PATCH", "/issues/comments/{comment}", _change),
    ("DELETE", "/issues/comments/{comment}", _delete),
)


def _found(github: SimulatedGitHub, request: web.Request, repository: Repository) -> Comment | None:
    wanted = int(request.match_info["comment"])
    return next((one for one in github.comments(repository).written if one.id == wanted), None)


def _body(request: web.Request) -> str:
    return str(request[BODY].get("body", ""))


def _forbidden() -> web.Response:
    refused = error(403, "Resource not accessible by integration")
    refused.headers["x-accepted-github-permissions"] = "issues=write; pull_requests=write"
    return refused


def _view(base: str, repository: Repository, comment: Comment) -> dict[str, Any]:
    url = f"{base}/repos/{repository.full_name}/issues"
    page = f"{base}/{repository.full_name}/pull/{comment.number}"
    at = views.iso(comment.at)
    return {
        "id": comment.id,
        "node_id": f"IC_{comment.id}",
        "url": f"{url}/comments/{comment.id}",
        "html_url": f"{page}#issuecomment-{comment.id}",
        "body": comment.body,
        "user": views.user(base, comment.author) | {"type": "Bot" if comment.is_bot else "User"},
        "created_at": at,
        "updated_at": at,
        "issue_url": f"{url}/{comment.number}",
        "author_association": "NONE",
    }
