"""An execution of a job → its `job` point and the `step` points of its steps."""

from collections import Counter

from etl.anomalies import Anomaly
from etl.model.points import Point
from etl.model.records import Job, Step
from etl.model.schema import JOB, STEP
from etl.model.tag_values import tag_value
from etl.transform.context import Context, present
from etl.transform.names import job_group, printable
from etl.transform.times import elapsed, point_time


def job_tags(context: Context, job: Job) -> dict[str, str]:
    """The tags that every point of a job has."""
    return {
        "repository": context.repository,
        "workflow": context.workflow,
        "job": context.rules.masks(job.name),
        "job_group": context.rules.masks(job_group(job.name)),
        "branch": context.branch,
    }


def job_second(context: Context, job: Job) -> int:
    """When the job's outcome became known: its completion, else the best that GitHub told."""
    known = (job.completed_at, job.started_at, job.created_at, context.run.started_at)
    return next((second for second in known if second is not None), context.run.created_at)


def job_points(context: Context, job: Job) -> tuple[list[Point], list[Anomaly]]:
    """The point of a completed job and those of its completed steps."""
    tags = job_tags(context, job)
    duration = elapsed(job.started_at, job.completed_at)
    queued = elapsed(job.created_at, job.started_at)
    point = Point(
        JOB.name,
        {
            **tags,
            "event": tag_value(context.run.event),
            "runner": context.rules.masks(",".join(sorted(job.labels))),
            "attempt": str(context.run.attempt),
            "conclusion": tag_value(job.conclusion or "unknown"),
        },
        present(
            job_id=job.id,
            run_id=job.run_id,
            head_sha=printable(context.run.head_sha),
            duration_s=duration,
            queued_s=queued,
            failed_step=printable(_failed_step(job)),
            url=printable(job.url),
        ),
        point_time(job_second(context, job), "job", job.id),
    )
    steps, step_anomalies = _step_points(context, tags, job)
    return [point, *steps], [*_anomalies(job, duration, queued), *step_anomalies]


def _failed_step(job: Job) -> str:
    return next((step.name for step in job.steps if step.conclusion in ("failure", "timed_out")), "")


def _step_points(context: Context, tags: dict[str, str], job: Job) -> tuple[list[Point], list[Anomaly]]:
    points, anomalies = [], []
    seen: Counter[int] = Counter()
    for step in job.steps:
        if step.completed_at is None:
            continue
        duration = elapsed(step.started_at, step.completed_at)
        named = {**tags, "step": context.rules.masks(step.name)}
        points.append(_step_point(named, job, step, duration, seen[step.number]))
        seen[step.number] += 1
        if duration is None:
            anomalies.append(Anomaly("step without duration", f"step {step.number} of job {job.id}", job.url))
    return points, anomalies


def _step_point(tags: dict[str, str], job: Job, step: Step, duration: float | None, twin: int) -> Point:
    assert step.completed_at is not None
    return Point(
        STEP.name,
        {**tags, "conclusion": tag_value(step.conclusion or "unknown")},
        present(job_id=job.id, number=step.number, duration_s=duration),
        point_time(step.completed_at, "step", job.id, step.number, twin),
    )


def _anomalies(job: Job, duration: float | None, queued: float | None) -> list[Anomaly]:
    found = []
    if duration is None:
        found.append(Anomaly("job without duration", f"job {job.id}: {_times(job)}", job.url))
    if queued is None and job.created_at is not None and job.started_at is not None:
        found.append(Anomaly("job started before it was created", f"job {job.id}: {_times(job)}", job.url))
    if job.conclusion is None:
        found.append(Anomaly("job without conclusion", f"job {job.id}", job.url))
    if job.broken_steps:
        found.append(Anomaly("step", f"{job.broken_steps} steps of job {job.id} cannot be read", job.url))
    return found


def _times(job: Job) -> str:
    return f"created {job.created_at}, started {job.started_at}, completed {job.completed_at}"
