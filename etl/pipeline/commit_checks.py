"""Reads check runs and statuses of other CI systems for the commits of a repository's runs, with `checks: all`.

They may arrive long after a run has ended, so a commit is read again for a day after its last run and while
any of its checks is open. The requests are conditional: an unchanged answer does not count against the limit.
"""

import asyncio
from http import HTTPStatus

from etl.anomalies import Anomaly
from etl.errors import DataError, FatalError, NotFoundError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.commit_checks import list_app_checks, list_statuses
from etl.load.line_encoder import encode
from etl.model.commit_checks import Commit
from etl.model.tag_values import tag_value
from etl.pipeline.session import Session
from etl.pipeline.windows import run_all
from etl.transform.commit_checks import are_open, check_points

# A fine-grained token has no permission for check runs of other Apps.
_WHO_MAY_READ = (
    "Other CI systems are left out: `checks: all` takes a classic token, or a GitHub App or GITHUB_TOKEN "
    "with `checks: read` and `statuses: read`"
)


async def read_commit_checks(session: Session) -> None:
    """Read the checks of all commits that are due; each commit is stored on its own.

    Raises RetriableError or FatalError if GitHub cannot be asked; the next sync reads the rest.
    """
    github = session.source.github
    if session.settings.checks != "all" or github is None:
        return
    slots = asyncio.Semaphore(github.settings.concurrency)

    async def read(commit: Commit, known: bool) -> None:
        async with slots:
            await _read(session, github, commit, known=known)

    try:
        due = await session.state.call(session.state.commits.due, session.repository.id)
        await run_all(read(commit, known) for commit, known in due)
    except FatalError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        session.anomalies.add(Anomaly("checks forbidden", f"{error}. {_WHO_MAY_READ}"))


async def _read(session: Session, github: RepositoryClient, commit: Commit, *, known: bool) -> None:
    try:
        checks = await list_app_checks(github, commit.sha, known=known)
        statuses = await list_statuses(github, commit.sha, known=known)
        if checks is None and statuses is None:
            return
        # Both are needed to tell whether the commit is done, so the unchanged one is read again.
        checks = checks or await list_app_checks(github, commit.sha, known=False)
        statuses = statuses or await list_statuses(github, commit.sha, known=False)
    except (DataError, NotFoundError) as error:
        session.anomalies.add(Anomaly("checks", f"of commit {commit.sha}: {error}"))
        await session.state.call(
            session.state.commit_checks, session.repository, commit, [], (), is_open=False
        )
        return
    assert checks is not None
    assert statuses is not None
    session.anomalies.add(*checks.anomalies, *statuses.anomalies)
    of_apps = [check for check in checks.items if check is not None]
    name = tag_value(session.repository.name)
    points = check_points(name, commit, of_apps, statuses.items, session.rules.masks)
    await session.wait_for_outbox_capacity()
    await session.state.call(
        session.state.commit_checks,
        session.repository,
        commit,
        [encode(point) for point in points],
        [*checks.tags, *statuses.tags],
        is_open=are_open(of_apps, statuses.items),
    )
    session.summary.points += len(points)
