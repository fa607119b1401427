"""Artifacts of a repository, newest first: one request tells that there are no new ones."""

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
    """Artifacts, newest first, each once; `tags` are for the caller to keep with what they led to.

    `unchanged`: nothing is new since the tags were kept.
    """

    artifacts: tuple[Artifact, ...]
    tags: tuple[PageTag, ...]
    anomalies: tuple[Anomaly, ...]
    unchanged: bool


async def list_artifacts(client: RepositoryClient, *, since: int, known: bool = True) -> ArtifactListing:
    """Artifacts created at `since` (Unix seconds) or later, but for those on pages that did not change.

    All of them where they are not `known` yet, whatever tags are kept. Raises what `RepositoryClient.page` raises.
    """
    listing: Listing[Artifact] = Listing()
    page = first = await client.page(_PATH, conditional=known)
    listing.add(page, "artifacts", parse_artifact)
    while page.next_url is not None and not _ends(page, listing, since):
        page = await client.page(page.next_url, conditional=known)
        listing.add(page, "artifacts", parse_artifact)
    if page.next_url is None and not page.not_modified:
        listing.require_whole(_PATH)
    # One that is uploaded while the pages are read moves the others down, so that some come twice.
    artifacts = {item.id: item for item in listing.items if item.created_at >= since}
    return ArtifactListing(
        tuple(artifacts.values()), _tags(listing), tuple(listing.anomalies), first.not_modified
    )


def _ends(page: Page, listing: Listing[Artifact], since: int) -> bool:
    """Whether what follows is too old, or was seen when the tag of this page was kept."""
    return page.not_modified or (bool(listing.items) and listing.items[-1].created_at < since)


def _tags(listing: Listing[Artifact]) -> tuple[PageTag, ...]:
    # Where entries vanished while the pages were read, others moved up and may have slipped past:
    # without tags, the next listing reads everything again.
    return () if listing.shrank else tuple(listing.tags)
