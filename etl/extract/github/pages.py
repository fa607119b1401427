"""Pages of GitHub's answers and the tags by which GitHub tells that one has not changed."""

from dataclasses import dataclass
from typing import Any

from etl.model.pages import PageTag


@dataclass(frozen=True, slots=True)
class Page:
    """One answer. `data` is None where GitHub answered 304: then the rest is as remembered.

    `tag` is for the caller to keep, together with what the page led to.
    """

    url: str
    data: Any
    next_url: str | None
    total_count: int | None
    items: int
    tag: PageTag | None

    @property
    def not_modified(self) -> bool:
        """Whether it is what it was when its tag was kept."""
        return self.data is None


def items_of(data: Any) -> int:
    """How many entries a page has: those of the list, or of the one list in the object."""
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
