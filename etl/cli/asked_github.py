"""What `explain` requests from GitHub in addition to a run: at most two requests."""

from dataclasses import replace

from etl.cli.output import print_error
from etl.errors import DataError, FatalError, RetriableError
from etl.extract.github.accounts import Accounts
from etl.extract.github.changes import files_changed, head_of_request
from etl.extract.github.client import RepositoryClient
from etl.report.explained.asked import Asked


class Beside:
    """The two requests to GitHub in addition to a run."""

    def __init__(self, accounts: Accounts, repository: str) -> None:
        self._client = RepositoryClient(accounts.of(repository), repository)

    async def commit(self, asked: Asked) -> Asked:
        """The same, with a pull request replaced by its newest commit."""
        if not asked.request:
            return asked
        return replace(asked, request=0, sha=await head_of_request(self._client, asked.request))

    async def changes(self, base: str, sha: str) -> frozenset[str] | None:
        """The files that a change touches; if GitHub cannot tell, print why and return None."""
        try:
            return await files_changed(self._client, base, sha)
        except (DataError, FatalError, RetriableError) as error:
            print_error(f"the files that {sha[:8]} changes are unknown: {error}")
            return None
