"""The API of one repository on a Gitea server: its paths, request counters and pages."""

from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from etl.anomalies import Anomaly
from etl.errors import DataError
from etl.extract.allowance import Allowance
from etl.extract.gitea.server import Gitea
from etl.extract.github.kinds import kind_of
from etl.extract.github.listing import parsed
from etl.extract.github.storage import Target
from etl.model.values import optional
from etl.settings import GITEA

T = TypeVar("T")

# As many as a server sends at most, unless its MAX_RESPONSE_ITEMS says otherwise.
_LIMIT: Final = 50


@dataclass(frozen=True, slots=True)
class GiteaPage:
    """A page's entries, as they came, and how many there are on all pages."""

    path: str
    entries: list[Any]
    total: int


class GiteaClient:
    """One repository; `name` is `gitea:owner/name`."""

    def __init__(self, server: Gitea, name: str) -> None:
        self.server = server
        self.name = name
        self.kinds: Counter[str] = Counter()
        self._allowance = Allowance()

    def at_most(self, requests: int) -> AbstractContextManager[None]:
        """Within this context, any further request than so many raises RequestsSpentError."""
        return self._allowance.at_most(requests)

    async def item(self, path: str) -> Any:
        """GET a path below the repository. Raises what `Gitea.get` raises."""
        path = self._below(path)
        return await self.server.get(path, self._counter(path))

    async def fetch(self, path: str, into: Target, largest: int) -> None:
        """Download a path below the repository. Raises what `Gitea.fetch` raises."""
        path = self._below(path)
        await self.server.fetch(path, into, largest, self._counter(path))

    async def page(self, path: str, key: str, number: int) -> GiteaPage:
        """A page of a listing, from 1; `key` names the list in the answer."""
        path = f"{path}?page={number}&limit={_LIMIT}"
        data = await self.item(path)
        entries = data.get(key) if isinstance(data, dict) else None
        if entries is None and optional(data, "total_count", int, default=None) is not None:
            entries = []
        if not isinstance(entries, list):
            raise DataError(f"{self.server.called} answers {path} without a list {key}")
        return GiteaPage(path, entries, optional(data, "total_count", int, default=len(entries)))

    async def pages(self, path: str, key: str) -> AsyncIterator[GiteaPage]:
        """All pages of a listing. Raises DataError if it ends before the number of entries it announces."""
        number = received = 0
        while True:
            number += 1
            page = await self.page(path, key, number)
            received += len(page.entries)
            yield page
            if received >= page.total:
                return
            if not page.entries:
                raise DataError(f"{self.server.called} lists {received} of {page.total} entries of {path}")

    async def whole(self, path: str, key: str, parse: Callable[[Any], T]) -> tuple[list[T], list[Anomaly]]:
        """Everything in a listing; entries that cannot be parsed are anomalies."""
        items: list[T] = []
        anomalies: list[Anomaly] = []
        async for page in self.pages(path, key):
            found, bad = parsed(page.entries, key, parse, page.path)
            items += found
            anomalies += bad
        return items, anomalies

    def _below(self, path: str) -> str:
        self._allowance.spend(path)
        return f"/repos/{self.name.removeprefix(GITEA)}{path}"

    def _counter(self, path: str) -> Callable[[], None]:
        kind = kind_of(path)

        def count() -> None:
            self.kinds[kind] += 1

        return count
