"""Which pull request a run or a commit belongs to: that whose newest commit it is.

GitHub alone is asked: what a fork's run says of itself decides nothing. Source: GitHub's REST API reference, "Get a
pull request", "Get a workflow run", "List pull requests".
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_all
from etl.extract.github.records import head_owner
from etl.model.values import optional, required


@dataclass(frozen=True, slots=True)
class PullRequest:
    """A pull request and its newest commit."""

    number: int
    sha: str
    is_open: bool = True


async def pull_request(client: RepositoryClient, number: int) -> PullRequest:
    """A pull request by its number. Raises what `RepositoryClient.page` raises."""
    return _parse(await client.item(f"/pulls/{number}"))


async def pull_request_of_run(client: RepositoryClient, run_id: int) -> PullRequest | None:
    """The open pull request whose newest commit a run tested, from one request, two for forks; None if there is none.

    A run of a fork names no pull request: that is found by the branch. Raises what `RepositoryClient.page` raises.
    """
    run = await client.item(f"/actions/runs/{run_id}")
    sha: str = required(run, "head_sha", str)
    named: list[Any] = optional(run, "pull_requests", list, default=[])
    if named:
        return _with_newest(map(_parse, named), sha)
    branch: str = optional(run, "head_branch", str, default="")
    owner = head_owner(run)
    if not (branch and owner):
        return None
    return await pull_request_from(client, owner, branch, sha)


async def pull_request_from(
    client: RepositoryClient, owner: str, branch: str, sha: str
) -> PullRequest | None:
    """The open pull request from an owner's branch whose newest commit this is; None if there is none.

    Raises what `RepositoryClient.page` raises.
    """
    return _with_newest(await _open(client, owner, branch), sha)


async def pull_request_of_commit(client: RepositoryClient, sha: str) -> PullRequest | None:
    """The open pull request whose newest commit this is, given in whole or by its beginning; None if there is none.

    Raises what `RepositoryClient.page` raises.
    """
    found = await list_all(client, f"/commits/{quote(sha, safe='')}/pulls?per_page=100", None, _parse)
    return _with_newest((one for one in found.items if one.is_open), sha)


async def pull_request_of_branch(client: RepositoryClient, branch: str) -> PullRequest | None:
    """The newest open pull request of a branch of the repository itself; None if there is none.

    Raises what `RepositoryClient.page` raises.
    """
    found = await _open(client, client.name.partition("/")[0], branch)
    return found[0] if found else None


async def _open(client: RepositoryClient, owner: str, branch: str) -> list[PullRequest]:
    """Open pull requests of an owner's branch, the newest first."""
    head = quote(f"{owner}:{branch}", safe="")
    return (await list_all(client, f"/pulls?state=open&head={head}&per_page=100", None, _parse)).items


def _with_newest(listed: Iterable[PullRequest], sha: str) -> PullRequest | None:
    return next((one for one in listed if one.sha.startswith(sha)), None)


def _parse(raw: Any) -> PullRequest:
    sha: str = required(required(raw, "head", dict), "sha", str)
    # A run names its pull requests without their states.
    return PullRequest(
        required(raw, "number", int), sha, optional(raw, "state", str, default="open") == "open"
    )
