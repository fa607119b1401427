"""The files that a change touches, requested from GitHub once."""

from collections.abc import Callable

from etl.errors import DataError, FatalError, RetriableError
from etl.extract.github.changes import files_changed
from etl.extract.github.client import RepositoryClient


class ChangedFiles:
    """The files of one change; `failed` is called with a sentence if GitHub cannot tell."""

    def __init__(self, client: RepositoryClient, failed: Callable[[str], object]) -> None:
        self._client = client
        self._failed = failed
        self._known: dict[tuple[str, str], frozenset[str] | None] = {}

    async def of(self, base: str, sha: str) -> frozenset[str] | None:
        """The files that a change touches; None if they are unknown or another change's were requested before.

        Runs that are explained together are of one commit.
        """
        if (base, sha) not in self._known:
            self._known[base, sha] = None if self._known else await self._requested(base, sha)
        return self._known[base, sha]

    async def _requested(self, base: str, sha: str) -> frozenset[str] | None:
        try:
            return await files_changed(self._client, base, sha)
        except (DataError, FatalError, RetriableError) as error:
            self._failed(f"the files that {sha[:8]} changes are unknown: {error}")
            return None
