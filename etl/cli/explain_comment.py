"""`ci-health explain --comment`: the one comment on a pull request that follows its newest commit."""

from dataclasses import dataclass
from datetime import UTC, datetime

from etl.cli.asked_github import Beside
from etl.cli.output import print_note
from etl.errors import CiHealthError
from etl.load.store import Store
from etl.pipeline.comment import Done
from etl.report.comment import comment_of
from etl.report.explained.asked import Asked
from etl.report.explained.explain import Explained, explain
from etl.report.owners import Owners

_DONE = {
    Done.WRITTEN: "the comment on pull request {number} was written",
    Done.UPDATED: "the comment on pull request {number} was updated",
    Done.UNCHANGED: "the comment on pull request {number} says so already",
    Done.NONE: "pull request {number} has no comment, and needs none: nothing is red",
}


@dataclass(slots=True)
class Commenting:
    """Keeps the comment, and says on stderr what became of it; an `error` keeps nobody from the verdicts."""

    owners: Owners
    error: CiHealthError | None = None

    async def keep(self, store: Store, github: Beside, asked: Asked, found: Explained) -> None:
        """Explain all runs of the pull request's newest commit, in its one comment; `found` is of what was asked.

        A comment begins when something is red; it is then kept up to date, also once nothing is red any more.
        """
        try:
            await self._keep(store, github, asked, found)
        except CiHealthError as error:
            self.error = error

    async def _keep(self, store: Store, github: Beside, asked: Asked, found: Explained) -> None:
        request = await github.pull_request(asked)
        if request is None:
            print_note(f"no comment: {asked} is not of the newest commit of an open pull request")
            return
        newest = Asked(asked.repository, sha=request.sha)
        explained = (
            found if asked == newest else await explain(store, newest, datetime.now(UTC), github.changes)
        )
        text = comment_of(explained, request.sha, self.owners)
        done = await github.comment(request.number, text, begin=explained.is_red)
        print_note(_DONE[done].format(number=request.number))
