"""Results of other CI systems for a commit: its check runs and its statuses."""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import Listing, list_all
from etl.extract.github.records import parse_app_check, parse_commit_status
from etl.model.commit_checks import AppCheck, CommitStatus

T = TypeVar("T")


async def list_app_checks(
    client: RepositoryClient, sha: str, *, known: bool
) -> Listing[AppCheck | None] | None:
    """Check runs of a commit, including those that newer ones replaced; None if nothing changed.

    If they are not `known` yet, all of them, ignoring stored tags. Raises what `RepositoryClient.page` raises.
    """
    path = f"/commits/{quote(sha, safe='')}/check-runs?filter=all&per_page=100"
    return await _changed(client, path, "check_runs", parse_app_check, known=known)


async def list_statuses(client: RepositoryClient, sha: str, *, known: bool) -> Listing[CommitStatus] | None:
    """Statuses of a commit, newest first; None if nothing changed. Raises what `list_app_checks` raises."""
    path = f"/commits/{quote(sha, safe='')}/statuses?per_page=100"
    return await _changed(client, path, None, parse_commit_status, known=known)


async def _changed(
    client: RepositoryClient, path: str, key: str | None, parse: Callable[[Any], T], *, known: bool
) -> Listing[T] | None:
    listing = await list_all(client, path, key, parse, conditional=known)
    if listing.unchanged == listing.received and not listing.tags and known:
        return None
    if listing.unchanged:
        # Some pages changed and some did not: all of them are needed.
        return await list_all(client, path, key, parse)
    return listing
