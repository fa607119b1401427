"""Jobs that webhooks delivered, and which of their runs GitHub confirms to have no others.

Nothing in a delivery tells how many jobs a run has, and any delivery may be lost. Green runs are stored from their
deliveries at once; the next sync asks for the check runs of fifty of them in one request, and lists the jobs of those
that have others. Re-runs also list jobs that they inherit, which are not delivered: they are always listed.
"""

from collections.abc import Collection, Sequence

from etl.anomalies import Anomaly
from etl.errors import DataError, FatalError, RetriableError
from etl.extract.github.check_suites import check_runs_of
from etl.extract.github.payloads import job_in
from etl.model.payloads import MOST_JOBS
from etl.model.records import Job, Run
from etl.pipeline.session import Session

_GREEN = ("success", "skipped")
_FAILED = ("failure", "timed_out")


class ToldJobs:
    """Delivered jobs of one repository's runs."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def of(self, run: Run) -> list[Job] | None:
        """The delivered jobs of a run in its first attempt; None if there are none, or too many."""
        if run.attempt > 1 or not run.completed:
            return None
        state = self._session.state
        contents = await state.call(state.payloads.jobs, self._session.repository.name, run.id)
        return [job_in(content) for content in contents] if 0 < len(contents) <= MOST_JOBS else None

    async def confirmed(self, runs: Collection[Run]) -> set[int]:
        """Ids of those of the runs that are stored as delivered and of which GitHub has no other jobs.

        What cannot be confirmed is an anomaly: the jobs of those runs are listed one by one.
        """
        github, state = self._session.source.github, self._session.state
        delivered = await state.call(state.runs.delivered, self._session.repository.id)
        suites = {
            run.check_suite_node: run
            for run in runs
            if run.id in delivered and run.completed and run.attempt == 1 and run.check_suite_node
        }
        if github is None or not suites:
            return set()
        try:
            found = await check_runs_of(github, list(suites))
        except (DataError, FatalError, RetriableError) as error:
            detail = f"of {len(suites)} runs that webhooks told of, jobs are listed one by one: {error}"
            self._session.anomalies.add(Anomaly("jobs unconfirmed", detail))
            return set()
        return {run.id for suite, run in suites.items() if await self._are_all(run, found.get(suite))}

    async def _are_all(self, run: Run, wanted: frozenset[int] | None) -> bool:
        state = self._session.state
        told = await state.call(state.payloads.job_ids, self._session.repository.name, run.id)
        return told == wanted


def are_green(run: Run, jobs: Sequence[Job]) -> bool:
    """Whether nothing failed, so that there are no annotations or logs to ask for."""
    return run.conclusion in _GREEN and all(job.conclusion not in _FAILED for job in jobs)
