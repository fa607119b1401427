"""What is remembered of a page of GitHub's answers, so that asking again costs nothing."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class PageTag:
    """What is remembered of a page: enough to go on behind it without its content.

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
    """Where remembered tags are looked up."""

    async def get(self, url: str, identity: str) -> PageTag | None:
        """The tag of a page that this token has seen before."""
        ...


class NoPageTags:
    """Remembers nothing: every request is unconditional."""

    async def get(self, url: str, identity: str) -> PageTag | None:
        """Nothing."""
        del url, identity
        return None
