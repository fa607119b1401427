"""Artifacts of a repository, newest first; if there are no new ones, one request is enough."""

from dataclasses import dataclass

from etl.anomalies import Anomaly
from etl.extract.github.client import RepositoryClient
from etl.extract.github.listing import Listing
from etl.extract.github.pages import Page
from etl.extract.github.records import parse_artifact
from etl.model.pages import PageTag
from etl.model.records import Artifact

_PATH = "/actions/artifacts?per_page=100"


@dataclass(frozen=True, slots=True)
class ArtifactListing:
    """Artifacts, newest first, without duplicates; the caller stores `tags` together with them.

    `unchanged`: nothing is new since the tags were stored.
    """

    artifacts: tuple[Artifact, ...]
    tags: tuple[PageTag, ...]
    anomalies: tuple[Anomaly, ...]
    unchanged: bool


async def list_artifacts(client: RepositoryClient, *, since: int, known: bool = True) -> ArtifactListing:
    """Artifacts created at `since` (Unix seconds) or later, except those on unchanged pages.

    If they are not `known` yet, all of them, ignoring stored tags. Raises what `RepositoryClient.page` raises.
    """
    listing: Listing[Artifact] = Listing()
    page = first = await client.page(_PATH, conditional=known)
    listing.add(page, "artifacts", parse_artifact)
    while page.next_url is not None and not _ends(page, listing, since):
        page = await client.page(page.next_url, conditional=known)
        listing.add(page, "artifacts", parse_artifact)
    if page.next_url is None and not page.not_modified:
        listing.require_whole(_PATH)
    # An artifact uploaded while the pages are read moves others to the next page, so that some come twice.
    artifacts = {item.id: item for item in listing.items if item.created_at >= since}
    return ArtifactListing(
        tuple(artifacts.values()), _tags(listing), tuple(listing.anomalies), first.not_modified
    )


def _ends(page: Page, listing: Listing[Artifact], since: int) -> bool:
    """Whether the following pages are too old, or were seen when this page's tag was stored."""
    return page.not_modified or (bool(listing.items) and listing.items[-1].created_at < since)


def _tags(listing: Listing[Artifact]) -> tuple[PageTag, ...]:
    # If entries vanished while the pages were read, others moved to an earlier page and may have been missed:
    # without tags, the next listing reads everything again.
    return () if listing.shrank else tuple(listing.tags)
