"""Annotations of a run's attempt: which jobs may have any, and what GitHub lets this token read."""

from collections.abc import Sequence
from http import HTTPStatus

from etl.anomalies import Anomaly
from etl.errors import DataError, FatalError, NotFoundError
from etl.extract.github.annotations import annotated_jobs, list_annotations
from etl.model.records import Annotation, Job, Run
from etl.pipeline.session import Session

_FAILED = ("failure", "timed_out")

# Fine-grained tokens have no such permission (https://github.com/cli/cli/issues/8842).
_WHO_MAY_READ_CHECKS = (
    "Failure messages are left out: reading annotations takes a classic token, or a GitHub App or "
    "GITHUB_TOKEN with `checks: read`; `ci-health backfill --replace` fetches them afterwards"
)


class Annotations:
    """Reads the annotations of one repository's attempts."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._forbidden = False

    async def of(self, run: Run, jobs: Sequence[Job]) -> dict[int, list[Annotation]]:
        """Annotations by job id; none where this token may not read them, which is logged once."""
        if self._forbidden:
            return {}
        try:
            return {job.id: await self._of_job(job, run) for job in await self._annotated(run, jobs)}
        except FatalError as error:
            if error.status != HTTPStatus.FORBIDDEN:
                raise
            if not self._forbidden:
                self._forbidden = True
                self._anomaly("annotations forbidden", f"{error}. {_WHO_MAY_READ_CHECKS}", run)
            return {}

    async def _annotated(self, run: Run, jobs: Sequence[Job]) -> list[Job]:
        """The jobs whose annotations are wanted, as far as they may have any."""
        ended = [job for job in jobs if job.completed]
        failed = [job for job in ended if job.conclusion in _FAILED]
        if self._session.settings.annotations != "all" or run.check_suite_id is None:
            return failed
        try:
            counts = await annotated_jobs(self._session.client, run.check_suite_id)
        except (DataError, NotFoundError) as error:
            self._anomaly("check runs", f"of run {run.id}: {error}", run)
            return failed
        return [job for job in ended if counts.get(job.id)]

    async def _of_job(self, job: Job, run: Run) -> list[Annotation]:
        try:
            annotations, anomalies = await list_annotations(self._session.client, job.id)
        except (DataError, NotFoundError) as error:
            self._anomaly("annotations", f"of job {job.id}: {error}", run)
            return []
        self._session.anomalies.add(*anomalies)
        return annotations

    def _anomaly(self, kind: str, detail: str, run: Run) -> None:
        self._session.anomalies.add(Anomaly(kind, detail, run.url))
