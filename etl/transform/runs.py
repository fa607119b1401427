"""An attempt of a run → its `workflow_run` point."""

from collections.abc import Sequence

from etl.anomalies import Anomaly
from etl.model.points import Point
from etl.model.records import Job
from etl.model.schema import WORKFLOW_RUN
from etl.model.tag_values import tag_value
from etl.transform.context import Context, present
from etl.transform.names import printable
from etl.transform.times import elapsed, point_time


def run_point(context: Context, jobs: Sequence[Job]) -> tuple[Point, list[Anomaly]]:
    """The point of a completed attempt; `jobs` are those that it ran itself.

    Its time is the completion of its last job, without jobs the attempt's start. Skipped jobs
    count for neither queue nor completion where others ran: GitHub stamps them when it decides.
    """
    run = context.run
    ran = [job for job in jobs if job.conclusion != "skipped"] or jobs
    started = run.started_at if run.started_at is not None else run.created_at
    first = min((job.started_at for job in ran if job.started_at is not None), default=None)
    last = max((job.completed_at for job in jobs if job.completed_at is not None), default=None)
    duration, queued = elapsed(started, last), elapsed(started, first)
    point = Point(
        WORKFLOW_RUN.name,
        {
            "repository": context.repository,
            "workflow": context.workflow,
            "branch": context.branch,
            "event": tag_value(run.event),
            "attempt": str(run.attempt),
            "conclusion": tag_value(run.conclusion or "unknown"),
        },
        present(
            run_id=run.id,
            run_number=run.number,
            workflow_id=run.workflow_id,
            head_sha=printable(run.head_sha),
            head_branch=printable(run.head_branch),
            actor=printable(run.actor),
            duration_s=duration,
            queued_s=queued,
            jobs=len(jobs),
            url=printable(run.url),
        ),
        point_time(last if last is not None else started, "workflow_run", run.id, run.attempt),
    )
    return point, _anomalies(context, jobs, duration)


def _anomalies(context: Context, jobs: Sequence[Job], duration: float | None) -> list[Anomaly]:
    run, found = context.run, []
    if run.started_at is None:
        found.append(Anomaly("run without start", f"attempt {run.attempt} of run {run.id}", run.url))
    if jobs and duration is None:
        found.append(Anomaly("run without duration", f"attempt {run.attempt} of run {run.id}", run.url))
    if run.conclusion is None:
        found.append(Anomaly("run without conclusion", f"attempt {run.attempt} of run {run.id}", run.url))
    return found
