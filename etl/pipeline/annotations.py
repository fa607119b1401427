"""Reads the annotations of a run's attempt, as far as the token has permission."""

from collections.abc import Sequence
from http import HTTPStatus

from etl.anomalies import Anomaly
from etl.errors import DataError, FatalError
from etl.extract.github.annotations import annotated_jobs
from etl.model.records import Annotation, Job, Run
from etl.pipeline.open_pieces import RunPieces
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

    async def of(self, run: Run, jobs: Sequence[Job], pieces: RunPieces) -> dict[int, list[Annotation]]:
        """Annotations by job id; empty if the token may not read them, which is logged once.

        Annotations that cannot be read stay open in `pieces`. The job's points are written without them:
        annotations only add points, they change no tags.
        """
        if self._forbidden:
            return {}
        try:
            annotated = await self._annotated(run, jobs, pieces)
            return {job.id: await self._of_job(job, run, pieces) for job in annotated}
        except FatalError as error:
            if not error.lacks_permission:
                raise
            if not self._forbidden:
                self._forbidden = True
                self._anomaly("annotations forbidden", f"{error}. {_WHO_MAY_READ_CHECKS}", run)
            return {}

    async def _annotated(self, run: Run, jobs: Sequence[Job], pieces: RunPieces) -> list[Job]:
        """The jobs to ask annotations of: failed jobs, or with `annotations: all` every job that has any."""
        ended = [job for job in jobs if job.completed]
        failed = [job for job in ended if job.conclusion in _FAILED]
        github = self._session.source.github
        if self._session.settings.annotations != "all" or github is None or run.check_suite_id is None:
            return failed
        try:
            counts = await annotated_jobs(github, run.check_suite_id)
        except (DataError, FatalError) as error:
            _require_open(error)
            self._anomaly("check runs", f"of run {run.id}: {error}", run)
            pieces.leave(error, "check runs", run.attempt)
            return failed
        return [job for job in ended if counts.get(job.id)]

    async def _of_job(self, job: Job, run: Run, pieces: RunPieces) -> list[Annotation]:
        try:
            annotations, anomalies = await self._session.source.annotations(job)
        except (DataError, FatalError) as error:
            _require_open(error)
            self._anomaly("annotations", f"of job {job.id}: {error}", run)
            pieces.leave(error, "annotations", run.attempt, job.id)
            return []
        self._session.anomalies.add(*anomalies)
        if anomalies:
            pieces.leave(anomalies[0].detail, "annotations", run.attempt, job.id)
        return annotations

    def _anomaly(self, kind: str, detail: str, run: Run) -> None:
        self._session.anomalies.add(Anomaly(kind, detail, run.url))


def _require_open(error: DataError | FatalError) -> None:
    """Raise the error again if a retry cannot help: the token is refused, or lacks a permission."""
    refused = isinstance(error, FatalError) and error.status == HTTPStatus.UNAUTHORIZED
    if refused or (isinstance(error, FatalError) and error.lacks_permission):
        raise error
