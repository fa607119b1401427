"""Pages of GitHub's answers, and the tags (ETags) for conditional requests."""

from dataclasses import dataclass
from typing import Any

from etl.model.pages import PageTag


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `data` is None if GitHub answered 304; the rest is then as stored.

    The caller stores `tag` together with what was read from the page.
    """

    url: str
    data: Any
    next_url: str | None
    total_count: int | None
    items: int
    tag: PageTag | None

    @property
    def not_modified(self) -> bool:
        """Whether the page is unchanged since its tag was stored."""
        return self.data is None


def items_of(data: Any) -> int:
    """The number of entries in a page: of the list, or of the only list in the object."""
    if isinstance(data, list):
        return len(data)
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list)]
        return len(lists[0]) if len(lists) == 1 and "total_count" in data else 1
    return 0


def total_of(data: Any) -> int | None:
    """`total_count` of a listing."""
    total = data.get("total_count") if isinstance(data, dict) else None
    return total if isinstance(total, int) and not isinstance(total, bool) else None
