"""Check runs and statuses of other CI systems, for the commits of a repository's runs: where `checks` asks for them.

They come at any time after a run has ended: a commit is asked for again, conditionally, for a day after its
last run, and for as long as something of it has not ended. Asking again costs nothing where nothing changed.
"""

import asyncio
from http import HTTPStatus

from etl.anomalies import Anomaly
from etl.errors import DataError, FatalError, NotFoundError
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
    """Read what other CI systems say of the commits that are due, and commit it, one by one.

    Raises RetriableError or FatalError where GitHub could not be asked: the rest is asked for next time.
    """
    if session.settings.checks != "all":
        return
    slots = asyncio.Semaphore(session.settings.github.concurrency)

    async def read(commit: Commit, known: bool) -> None:
        async with slots:
            await _read(session, commit, known=known)

    try:
        due = await session.state.call(session.state.commits.due, session.repository.id)
        await run_all(read(*one) for one in due)
    except FatalError as error:
        if error.status != HTTPStatus.FORBIDDEN:
            raise
        session.anomalies.add(Anomaly("checks forbidden", f"{error}. {_WHO_MAY_READ}"))


async def _read(session: Session, commit: Commit, *, known: bool) -> None:
    try:
        checks = await list_app_checks(session.client, commit.sha, known=known)
        statuses = await list_statuses(session.client, commit.sha, known=known)
        if checks is None and statuses is None:
            return
        # One alone says nothing of whether the commit is done: the other is asked for as it is.
        checks = checks or await list_app_checks(session.client, commit.sha, known=False)
        statuses = statuses or await list_statuses(session.client, commit.sha, known=False)
    except (DataError, NotFoundError) as error:
        session.anomalies.add(Anomaly("checks", f"of commit {commit.sha}: {error}"))
        await session.state.call(
            session.state.commit_checks, session.repository, commit, [], (), is_open=False
        )
        return
    assert checks is not None
    assert statuses is not None
    session.anomalies.add(*checks.anomalies, *statuses.anomalies)
    of_apps = [one for one in checks.items if one is not None]
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
