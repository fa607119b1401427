"""What `explain` asks GitHub beside a run: two requests at most."""

from dataclasses import replace

from etl.cli.output import print_error
from etl.errors import DataError, FatalError, RetriableError
from etl.extract.github.accounts import Accounts
from etl.extract.github.changes import files_changed, head_of_request
from etl.extract.github.client import RepositoryClient
from etl.report.explained import Asked


class Beside:
    """The two things that are asked of GitHub beside a run."""

    def __init__(self, accounts: Accounts, repository: str) -> None:
        self._client = RepositoryClient(accounts.of(repository), repository)

    async def commit(self, asked: Asked) -> Asked:
        """What is asked for, of a pull request its newest commit."""
        if not asked.request:
            return asked
        return replace(asked, request=0, sha=await head_of_request(self._client, asked.request))

    async def changes(self, base: str, sha: str) -> frozenset[str] | None:
        """The files that a change touches; None, with a sentence, where GitHub does not tell."""
        try:
            return await files_changed(self._client, base, sha)
        except (DataError, FatalError, RetriableError) as error:
            print_error(f"what {sha[:8]} changes is not known: {error}")
            return None
