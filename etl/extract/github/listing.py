"""Listings paged to their end: items that cannot be parsed are counted as anomalies and skipped."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from etl.anomalies import Anomaly
from etl.errors import DataError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.pages import Page
from etl.model.pages import PageTag

T = TypeVar("T")


@dataclass(slots=True)
class Listing(Generic[T]):
    """Items of all changed pages, the tags of those pages, and how many entries there were in all.

    `shrank`: entries vanished between two pages, so that others may have slipped past. `unchanged` counts
    entries of pages that are as they were, `pages` all pages.
    """

    items: list[T] = field(default_factory=list)
    anomalies: list[Anomaly] = field(default_factory=list)
    tags: list[PageTag] = field(default_factory=list)
    received: int = 0
    unchanged: int = 0
    pages: int = 0
    total: int | None = None
    shrank: bool = False

    def add(self, page: Page, key: str | None, parse: Callable[[Any], T]) -> None:
        """Take over one page; entries of unchanged ones count and are not repeated.

        Raises DataError where it carries no list.
        """
        found = [] if page.not_modified else entries(page, key)
        self.received += page.items
        self.unchanged += page.items if page.not_modified else 0
        self.pages += 1
        if page.total_count is not None:
            self.shrank = self.shrank or (self.total is not None and page.total_count < self.total)
            self.total = page.total_count
        before = len(self.anomalies)
        for raw in found:
            try:
                self.items.append(parse(raw))
            except (DataError, AttributeError, TypeError) as error:
                self.anomalies.append(Anomaly(key or "item", f"cannot be understood: {error}", page.url))
        # Without its tag, a page that could not be understood is asked for again.
        if page.tag is not None and len(self.anomalies) == before:
            self.tags.append(page.tag)

    def require_whole(self, path: str) -> None:
        """Raises DataError where it ended before the number of entries that it names."""
        if self.total is not None and self.received < self.total:
            raise DataError(f"GitHub lists {self.received} of {self.total} entries of {path}")


async def list_all(
    client: RepositoryClient,
    path: str,
    key: str | None,
    parse: Callable[[Any], T],
    *,
    conditional: bool = False,
) -> Listing[T]:
    """Every page of a listing; `key` names the list in the answer, None where the answer is the list.

    Raises DataError where it ends too early, and what `RepositoryClient.page` raises.
    """
    listing: Listing[T] = Listing()
    next_url: str | None = path
    while next_url is not None:
        page = await client.page(next_url, conditional=conditional)
        listing.add(page, key, parse)
        next_url = page.next_url
    listing.require_whole(path)
    return listing


async def list_whole(client: RepositoryClient, path: str, key: str, parse: Callable[[Any], T]) -> Listing[T]:
    """Every page of a listing, also where an answer names no next page and more entries than it has.

    Pages are asked for by number then, to the end; what never comes is one anomaly. `path` has a query.
    """
    listing = await list_all(client, path, key, parse)
    while listing.received < (listing.total or 0):
        page = await client.page(f"{path}&page={listing.pages + 1}", conditional=False)
        before = listing.received
        listing.add(page, key, parse)
        if listing.received == before:
            detail = f"{listing.total} {key} are said to be there, and {before} were sent"
            listing.anomalies.append(Anomaly("listing cut off", detail, path))
            break
    return listing


def entries(page: Page, key: str | None) -> list[Any]:
    """The list that a page carries; raises DataError where it carries none."""
    found = page.data if key is None else page.data.get(key) if isinstance(page.data, dict) else None
    if not isinstance(found, list):
        raise DataError(f"GitHub's answer to {page.url} has no list {key or ''}".rstrip())
    return found
