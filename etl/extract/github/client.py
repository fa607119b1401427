"""The client of one repository: its paths, request counters and stored page tags."""

from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from http import HTTPStatus
from typing import Any

from etl.errors import DataError
from etl.extract.allowance import Allowance
from etl.extract.github.api import GitHub
from etl.extract.github.kinds import GRAPHQL, kind_of
from etl.extract.github.pages import Page, items_of, total_of
from etl.extract.github.storage import Storage
from etl.extract.github.transport import RENAMES, same_origin_url
from etl.model.pages import NoPageTags, PageTag, PageTags
from etl.settings import GitHubSettings


class RepositoryClient:
    """GitHub's API for one repository: its paths, request counters and stored page tags."""

    def __init__(self, github: GitHub, name: str, tags: PageTags | None = None) -> None:
        self._github = github
        self._tags = tags or NoPageTags()
        self.name = name
        self.kinds: Counter[str] = Counter()
        self.unchanged: Counter[str] = Counter()
        self._allowance = Allowance()

    @property
    def requests(self) -> int:
        """Number of requests sent; `kinds` has the numbers by kind of request."""
        return self.kinds.total()

    @property
    def not_modified(self) -> int:
        """Number of requests answered 304, which use no rate limit; `unchanged` has the numbers by kind."""
        return self.unchanged.total()

    @property
    def settings(self) -> GitHubSettings:
        """The settings for requests to GitHub."""
        return self._github.settings

    @property
    def storage(self) -> Storage:
        """Where artifacts and logs are downloaded from."""
        return self._github.storage

    def turn(self) -> AbstractAsyncContextManager[None]:
        """Waits until the rate limit carries one more run to its end; the context is the run's turn."""
        return self._github.turns.turn()

    @property
    def rate_limit_remaining(self) -> int | None:
        """Requests left in the token's rate limit, by GitHub's latest answer."""
        return self._github.budget.remaining

    def at_most(self, requests: int) -> AbstractContextManager[None]:
        """Within this context, any further request than so many raises RequestsSpentError."""
        return self._allowance.at_most(requests)

    async def page(self, path: str, *, conditional: bool = True) -> Page:
        """GET one page; `path` is below the repository (`/actions/runs?…`) or a page's `next_url`.

        Raises RetriableError, FatalError (NotFoundError if it does not exist) or DataError.
        """
        path = self._below(path)
        self._allowance.spend(path)

        async def known(identity: str) -> PageTag | None:
            return await self._tags.get(path, identity) if conditional else None

        status, headers, data, identity, tag = await self._github.get(path, known, self._counter(path))
        if status == HTTPStatus.NOT_MODIFIED:
            if tag is None:
                raise DataError(f"GitHub answered 304 to {path}, which was never asked before")
            self.unchanged[kind_of(path)] += 1
            return Page(path, None, tag.next_url, tag.total_count, tag.items, None)
        return self._page(path, headers, data, identity)

    async def item(self, path: str) -> Any:
        """GET a single item, unconditionally."""
        return (await self.page(path, conditional=False)).data

    async def write(self, method: str, path: str, body: Any = None) -> Any:
        """POST, PATCH or DELETE; returns the answer's JSON, None if it has none.

        Raises what `page` raises; RetriableError if it is unknown whether GitHub took a POST.
        """
        path = self._below(path)
        return await self._github.write(method, path, body, self._counter(path))

    async def graphql(self, query: str, variables: Mapping[str, Any]) -> Any:
        """`data` of an answer of GitHub's GraphQL API, which has a rate limit of its own.

        Raises what `page` raises, DataError if the answer has no data.
        """
        self._allowance.spend(GRAPHQL)
        answer = await self._github.query(
            {"query": query, "variables": dict(variables)}, self._counter(GRAPHQL)
        )
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict):
            raise DataError(f"GitHub's GraphQL API gives no data: {_reason(answer)}")
        return data

    async def location(self, path: str) -> str:
        """Where GitHub redirects a download to: a signed URL, which is a secret and is not followed here.

        Raises what `page` raises.
        """
        path = self._below(path)
        _, headers, *_ = await self._github.get(path, _no_tag, self._counter(path), RENAMES)
        if "location" not in headers:
            raise DataError(f"GitHub answers {path} itself instead of naming where it is stored")
        return headers["location"]

    async def back_off(self, failures: int, reason: str, path: str) -> None:
        """Wait before a retry; raises RetriableError if there are no retries left."""
        await self._github.back_off(failures, reason, self._below(path))

    def _below(self, path: str) -> str:
        return path if path.startswith(_ABSOLUTE) else f"/repos/{self.name}{path}"

    def _page(self, path: str, headers: Mapping[str, str], data: Any, identity: str) -> Page:
        link = _next_link(headers.get("link"))
        target = (
            None
            if link is None
            else same_origin_url(self._github.absolute(""), link, self._github.absolute(path))
        )
        if link is not None and target is None:
            raise DataError(f"GitHub names a next page of {path} on another host: not followed")
        next_url = None if target is None else self._github.relative(target)
        etag, total, items = headers.get("etag"), total_of(data), items_of(data)
        tag = PageTag(path, identity, etag, next_url, total, items) if etag else None
        return Page(path, data, next_url, total, items, tag)

    def _counter(self, path: str) -> Callable[[], None]:
        kind = kind_of(path)

        def count() -> None:
            self.kinds[kind] += 1
            self._github.kinds[kind] += 1

        return count


def _reason(answer: Any) -> str:
    """The first error in an answer of GraphQL."""
    errors = answer.get("errors") if isinstance(answer, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    message = first.get("message") if isinstance(first, dict) else None
    return message[:200] if isinstance(message, str) else "no reason given"


async def _no_tag(_identity: str) -> PageTag | None:
    return None


# Paths that are not below a repository, or already contain it.
_ABSOLUTE = ("/repos/", "/repositories/", "/app/", "/installation/", "/user")


def _next_link(header: str | None) -> str | None:
    """The URL of `rel="next"` in a Link header."""
    for link in (header or "").split(","):
        target, _, parameters = link.partition(";")
        if 'rel="next"' in parameters:
            return target.strip().strip("<>")
    return None
