"""An attempt of a run → its `workflow_run` point."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from etl.anomalies import Anomaly
from etl.model.approvals import Span
from etl.model.points import Point
from etl.model.records import Job
from etl.model.schema import WORKFLOW_RUN
from etl.model.tag_values import tag_value
from etl.transform.context import Context, present
from etl.transform.names import printable
from etl.transform.times import elapsed, point_time, waited


def run_point(context: Context, jobs: Sequence[Job]) -> tuple[Point, list[Anomaly]]:
    """The point of a completed attempt, and anomalies; `jobs` are those that it executed itself.

    Its time is the completion of its last job, or the attempt's start without jobs. Its duration ends with
    the last job that a runner took, since GitHub dates skipped and rejected jobs when that is decided, and
    excludes times in which jobs only waited for an approval.
    """
    run = context.run
    taken = [job for job in jobs if job.taken and job.conclusion != "skipped"]
    started = run.started_at if run.started_at is not None else run.created_at
    first = min((job.started_at for job in taken if job.started_at is not None), default=None)
    last = _last(jobs)
    duration, queued = elapsed(started, _last(taken)), waited(started, first)
    idle = _idle(context.approvals, taken)
    if duration is not None:
        duration = max(0.0, duration - idle(started, _last(taken)))
    if queued is not None:
        queued = max(0.0, queued - idle(started, first))
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
    return point, _anomalies(context, taken, duration)


def _idle(approvals: Mapping[int, Span], taken: Sequence[Job]) -> Callable[[int, int | None], float]:
    """A function: seconds between two times in which some job waited for an approval and none was executed."""
    ids = {job.id for job in taken}
    waits = [span for job_id, span in approvals.items() if job_id in ids]
    busy = [(job.started_at, job.completed_at) for job in taken if elapsed(job.started_at, job.completed_at)]

    def between(start: int, stop: int | None) -> float:
        edges = sorted({start, stop or start, *(edge for span in (*waits, *busy) for edge in span if edge)})
        return float(
            sum(
                right - left
                for left, right in pairwise(edges)
                if start <= left < right <= (stop or start)
                and any(since <= left and right <= until for since, until in waits)
                and not any(since <= left and right <= until for since, until in busy if since and until)
            )
        )

    return between


def _last(jobs: Sequence[Job]) -> int | None:
    return max((job.completed_at for job in jobs if job.completed_at is not None), default=None)


def _anomalies(context: Context, taken: Sequence[Job], duration: float | None) -> list[Anomaly]:
    run, found = context.run, []
    if run.started_at is None:
        found.append(Anomaly("run without start", f"attempt {run.attempt} of run {run.id}", run.url))
    if taken and duration is None:
        found.append(Anomaly("run without duration", f"attempt {run.attempt} of run {run.id}", run.url))
    if run.conclusion is None:
        found.append(Anomaly("run without conclusion", f"attempt {run.attempt} of run {run.id}", run.url))
    return found
