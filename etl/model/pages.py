"""The tag of a page of GitHub's answers: with it, asking again costs no rate limit if nothing changed."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PageTag:
    """What is stored about a page: enough to continue with the next page without this one's content.

    `identity` is a hash of the token that asked (ETags differ per token), `items` how many entries
    the page had.
    """

    url: str
    identity: str
    etag: str
    next_url: str | None
    total_count: int | None
    items: int


class PageTags(Protocol):
    """Looks up stored tags."""

    async def get(self, url: str, identity: str) -> PageTag | None:
        """The tag of a page that this token has seen before."""
        ...


class NoPageTags:
    """Stores nothing: every request is unconditional."""

    async def get(self, url: str, identity: str) -> PageTag | None:
        """Nothing."""
        del url, identity
        return None
