"""A repository and its workflows, requested conditionally since they rarely change."""

from collections.abc import Sequence

from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import list_all
from etl.extract.github.records import parse_repository, parse_workflow
from etl.model.pages import PageTag
from etl.model.records import Repository, Workflow


async def get_repository(client: RepositoryClient) -> tuple[Repository | None, Sequence[PageTag]]:
    """The repository, None if it is unchanged; and the tag to store."""
    page = await client.page("")
    if page.not_modified:
        return None, ()
    return parse_repository(page.data), [page.tag] if page.tag else ()


async def list_workflows(client: RepositoryClient) -> tuple[list[Workflow] | None, Sequence[PageTag]]:
    """All workflows, None if none changed; and the tags to store."""
    path = "/actions/workflows?per_page=100"
    listing = await list_all(client, path, "workflows", parse_workflow, conditional=True)
    if not listing.tags and not listing.items and listing.received:
        return None, ()
    if len(listing.items) < listing.received:
        # Some pages changed and some did not: all of them are needed.
        listing = await list_all(client, path, "workflows", parse_workflow)
    return listing.items, listing.tags
