"""Keeps one comment on a pull request: it is found again by a marker, so that nothing needs to be remembered.

Source: GitHub's REST API reference, "REST API endpoints for issue comments".
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Any, Final

from etl.errors import FatalError, RetriableError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_all
from etl.model.values import optional, required
from etl.settings import GitHubSettings

# The first line of the comment; GitHub does not show it.
MARKER: Final = "<!-- ci-health: explain -->"
# Tokens of Apps, GITHUB_TOKEN among them; comments of an App are a bot's.
_APP_TOKEN: Final = "ghs_"  # noqa: S105
_BOT: Final = "Bot"


class Done(StrEnum):
    """What happened to the comment."""

    WRITTEN = "written"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class _Comment:
    id: int
    body: str
    author: str
    is_bot: bool


async def keep_comment(client: RepositoryClient, number: int, text: str, *, begin: bool) -> Done:
    """Let this Markdown be the one comment on a pull request; without `begin` only if there is one already.

    Costs two requests, one if nothing changes. More than one comment of ours, as of two processes at once, become
    one. Raises FatalError if the token may not comment, and what `RepositoryClient.page` raises.
    """
    body = f"{MARKER}\n{text}"
    try:
        with suppress(RetriableError):
            return await _keep(client, number, body, begin=begin)
        # Perhaps it was written all the same: look again, once.
        return await _keep(client, number, body, begin=begin)
    except FatalError as error:
        raise _explained(error, client) from None


async def require_permission(client: RepositoryClient) -> bool:
    """Try whether the token may comment, without writing anything; False if there is no pull request to try it on.

    GitHub refuses an empty comment, but looks at the permission first. Raises FatalError, with what to do, if the
    token may not, and what `RepositoryClient.page` raises.
    """
    try:
        listed = await client.item("/pulls?state=all&per_page=1")
        number = required(listed[0], "number", int) if isinstance(listed, list) and listed else None
        if number is None:
            return False
        await client.write("POST", f"/issues/{number}/comments", {"body": ""})
    except FatalError as error:
        if error.status != HTTPStatus.UNPROCESSABLE_ENTITY:
            raise _explained(error, client) from None
    return True


def _explained(error: FatalError, client: RepositoryClient) -> FatalError:
    """The same error; if a permission is missing, one that says which."""
    if not error.lacks_permission:
        return error
    return FatalError(
        f"the token may not comment on pull requests of {client.name}: give the job `pull-requests: write`, or "
        f"the token, or the GitHub App and its installation, the permission `Pull requests: write` ({error})",
        status=HTTPStatus.FORBIDDEN,
        lacks_permission=True,
    )


async def _keep(client: RepositoryClient, number: int, body: str, *, begin: bool) -> Done:
    ours = await _ours(client, number)
    if not ours and not begin:
        return Done.NONE
    if not ours:
        await client.write("POST", f"/issues/{number}/comments", {"body": body})
        return Done.WRITTEN
    first, *others = ours
    for comment in others:
        await client.write("DELETE", f"/issues/comments/{comment.id}")
    # GitHub may end lines with CR LF.
    if first.body.splitlines() == body.splitlines():
        return Done.UNCHANGED
    await client.write("PATCH", f"/issues/comments/{first.id}", {"body": body})
    return Done.UPDATED


async def _ours(client: RepositoryClient, number: int) -> list[_Comment]:
    """Our comments, the oldest first: anybody can write the marker, so the author counts, too."""
    listing = await list_all(client, f"/issues/{number}/comments?per_page=100", None, _parse)
    marked = [comment for comment in listing.items if comment.body.startswith(MARKER)]
    if not marked:
        return []
    if _writes_as_bot(client.settings):
        return [comment for comment in marked if comment.is_bot]
    login = required(await client.item("/user"), "login", str)
    return [comment for comment in marked if comment.author == login]


def _writes_as_bot(settings: GitHubSettings) -> bool:
    """Whether our comments are a bot's: they are of any App, also with the token of a job in GitHub Actions."""
    token = settings.token.get_secret_value() if settings.token else ""
    return settings.app is not None or token.startswith(_APP_TOKEN)


def _parse(raw: Any) -> _Comment:
    user: dict[str, Any] = optional(raw, "user", dict, default={})
    return _Comment(
        required(raw, "id", int),
        optional(raw, "body", str, default=""),
        optional(user, "login", str, default=""),
        optional(user, "type", str, default="") == _BOT,
    )
