"""Reads all pages of a listing; items that cannot be parsed are counted as anomalies and skipped."""

from collections.abc import Callable, Iterable
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
    """Items and tags of all changed pages, and the total number of entries.

    `shrank`: entries vanished between two pages, so that others may have been missed. `unchanged` counts
    entries of unchanged pages, `pages` all pages.
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
        """Add a page; entries of unchanged pages are only counted.

        Raises DataError if the page has no list.
        """
        found = [] if page.not_modified else entries(page, key)
        self.received += page.items
        self.unchanged += page.items if page.not_modified else 0
        self.pages += 1
        if page.total_count is not None:
            self.shrank = self.shrank or (self.total is not None and page.total_count < self.total)
            self.total = page.total_count
        items, anomalies = parsed(found, key or "item", parse, page.url)
        self.items += items
        self.anomalies += anomalies
        # Without its tag, a page that could not be parsed is requested again.
        if page.tag is not None and not anomalies:
            self.tags.append(page.tag)

    def require_whole(self, path: str) -> None:
        """Raise DataError if the listing ended before the number of entries that it announces."""
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
    """Read every page of a listing; `key` names the list in the answer, None if the answer is the list.

    Raises DataError if it ends too early, and what `RepositoryClient.page` raises.
    """
    listing = await _linked(client, path, key, parse, conditional=conditional)
    listing.require_whole(path)
    return listing


async def _linked(
    client: RepositoryClient, path: str, key: str | None, parse: Callable[[Any], T], *, conditional: bool
) -> Listing[T]:
    """The pages of a listing, following their links to the next one."""
    listing: Listing[T] = Listing()
    next_url: str | None = path
    while next_url is not None:
        page = await client.page(next_url, conditional=conditional)
        listing.add(page, key, parse)
        next_url = page.next_url
    return listing


async def list_whole(client: RepositoryClient, path: str, key: str, parse: Callable[[Any], T]) -> Listing[T]:
    """Read every page of a listing, also if an answer has no link to the next page but announces more entries.

    Pages are then requested by number; entries that still do not come are one anomaly. `path` has a query.
    """
    listing = await _linked(client, path, key, parse, conditional=False)
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
    """The list in a page; raises DataError if it has none."""
    found = page.data if key is None else page.data.get(key) if isinstance(page.data, dict) else None
    if not isinstance(found, list):
        raise DataError(f"GitHub's answer to {page.url} has no list {key or ''}".rstrip())
    return found


def parsed(
    found: Iterable[Any], kind: str, parse: Callable[[Any], T], where: str
) -> tuple[list[T], list[Anomaly]]:
    """The entries of a page, and an anomaly of this kind for each that cannot be parsed; `where` is the page."""
    items: list[T] = []
    anomalies: list[Anomaly] = []
    for raw in found:
        try:
            items.append(parse(raw))
        except (DataError, AttributeError, TypeError) as error:
            anomalies.append(Anomaly(kind, f"cannot be understood: {error}", where))
    return items, anomalies
