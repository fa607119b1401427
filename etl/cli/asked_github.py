"""What `explain` requests from GitHub in addition to a run: at most two requests, and those of a comment."""

from dataclasses import replace

from etl.cli.output import print_error
from etl.extract.github.accounts import Accounts
from etl.extract.github.client import RepositoryClient
from etl.extract.github.pull_requests import (
    PullRequest,
    pull_request,
    pull_request_of_branch,
    pull_request_of_commit,
    pull_request_of_run,
)
from etl.pipeline.changed_files import ChangedFiles
from etl.pipeline.comment import Done, keep_comment
from etl.report.explained.asked import Asked


class Beside:
    """The requests to GitHub in addition to a run, each sent once."""

    def __init__(self, accounts: Accounts, repository: str) -> None:
        self._client = RepositoryClient(accounts.of(repository), repository)
        self._named: PullRequest | None = None
        self.changes = ChangedFiles(self._client, print_error).of

    async def commit(self, asked: Asked) -> Asked:
        """The same, with a pull request replaced by its newest commit."""
        if not asked.request:
            return asked
        self._named = await pull_request(self._client, asked.request)
        return replace(asked, request=0, sha=self._named.sha)

    async def pull_request(self, asked: Asked) -> PullRequest | None:
        """The pull request whose newest commit is asked for, by what `commit` returned; None if none is open."""
        if self._named is not None:
            return self._named if self._named.is_open else None
        if asked.run_id:
            return await pull_request_of_run(self._client, asked.run_id)
        if asked.branch:
            return await pull_request_of_branch(self._client, asked.branch)
        return await pull_request_of_commit(self._client, asked.sha)

    async def comment(self, number: int, text: str, *, begin: bool) -> Done:
        """Keep the comment on a pull request; without `begin` only if there is one already."""
        return await keep_comment(self._client, number, text, begin=begin)
