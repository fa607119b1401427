"""When a run's jobs waited for an approval: read only for long waits, in repositories with deployments."""

import asyncio
from collections.abc import Sequence
from http import HTTPStatus

from etl.anomalies import Anomaly
from etl.errors import DataError, FatalError, NotFoundError
from etl.extract.github.client import RepositoryClient
from etl.extract.github.deployments import has_deployments, list_deployment_statuses, list_deployments
from etl.model.approvals import Span, approval_of
from etl.model.records import Job, Run
from etl.pipeline.session import Session
from etl.transform.times import elapsed

# Shorter waits count as queueing: reading approvals takes a request per commit and one per deployment.
_LONG_S = 600

_WHO_MAY_READ = (
    "Waits for an approval count as waits for a runner: telling them apart takes read access to deployments"
)


class Approvals:
    """Reads the approvals of one repository's attempts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._github = session.source.github
        self._deploys: bool | None = None
        self._forbidden = False
        self._asking = asyncio.Lock()

    async def of(self, run: Run, jobs: Sequence[Job]) -> dict[int, Span]:
        """When each job waited for an approval, by job id; empty if the token may not read it, which is logged once."""
        if self._github is None or self._forbidden or self._deploys is False or not run.head_sha:
            return {}
        if not any(map(_waited_long, jobs)):
            return {}
        try:
            return await self._read(self._github, run) if await self._any(self._github) else {}
        except FatalError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            if not self._forbidden:
                self._forbidden = True
                self._session.anomalies.add(
                    Anomaly("approvals forbidden", f"{error}. {_WHO_MAY_READ}", run.url)
                )
        except (DataError, NotFoundError) as error:
            self._session.anomalies.add(Anomaly("approvals", f"of run {run.id}: {error}", run.url))
        return {}

    async def _any(self, github: RepositoryClient) -> bool:
        """Whether the repository has any deployments; GitHub is asked once."""
        async with self._asking:
            if self._deploys is None:
                self._deploys = await has_deployments(github)
        return self._deploys

    async def _read(self, github: RepositoryClient, run: Run) -> dict[int, Span]:
        deployments, anomalies = await list_deployments(github, run.head_sha)
        found: dict[int, Span] = {}
        for deployment in deployments:
            statuses, more = await list_deployment_statuses(github, deployment)
            anomalies += more
            approval = approval_of(statuses)
            if approval is not None:
                found[approval[0]] = approval[1]
        self._session.anomalies.add(*anomalies)
        return found


def _waited_long(job: Job) -> bool:
    until = job.started_at if job.taken else job.completed_at
    return not job.is_check and job.completed and (elapsed(job.created_at, until) or 0) >= _LONG_S
