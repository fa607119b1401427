"""An execution of a job → its `job` point and the `step` points of its steps.

A job that no runner took has a conclusion and a wait, but nothing of it was executed.
"""

from collections import Counter

from etl.anomalies import Anomaly
from etl.model.points import Point
from etl.model.records import Job, Step
from etl.model.schema import COUNTED, JOB, STEP
from etl.model.tag_values import tag_value
from etl.transform.context import Context, present
from etl.transform.names import job_group, printable
from etl.transform.times import elapsed, is_skewed, point_time, waited


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
    """When the job ended (Unix seconds): its completion, else the best time that GitHub gives."""
    known = (job.completed_at, job.started_at, job.created_at, context.run.started_at)
    return next((second for second in known if second is not None), context.run.created_at)


def job_duration(job: Job) -> float | None:
    """Seconds that a job was executed; None if it never was or its times are inconsistent."""
    return elapsed(job.started_at, job.completed_at) if job.taken else None


def unserved_wait(job: Job) -> float | None:
    """Seconds that a job waited without ever getting a runner; None for any other job, also a skipped one."""
    if job.taken or job.conclusion == "skipped":
        return None
    return waited(job.created_at if job.created_at is not None else job.started_at, job.completed_at)


def job_points(context: Context, job: Job, *, repeated: bool = False) -> tuple[list[Point], list[Anomaly]]:
    """The point of a completed job and those of its completed steps.

    `repeated`: an earlier attempt of the run executed the job, too.
    """
    tags = job_tags(context, job)
    duration = job_duration(job)
    approval = elapsed(*context.approvals.get(job.id, (None, None)))
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
            queued_s=_queued(job, approval),
            waited_s=unserved_wait(job),
            approval_s=approval,
            repeated_s=duration if repeated else None,
            failed_step=printable(_failed_step(job)),
            url=printable(job.url),
        ),
        point_time(job_second(context, job), "job", job.id),
    )
    steps, step_anomalies = _step_points(context, tags, job)
    return [point, *steps], [*_anomalies(job), *step_anomalies]


def _queued(job: Job, approval: float | None) -> float | None:
    """Seconds in the queue until a runner took the job or it was cancelled there, without waits for an approval.

    None for jobs that failed without a runner, which would distort the percentiles of those that had one.
    """
    if not job.taken and job.conclusion in COUNTED:
        return None
    queued = waited(job.created_at, job.started_at) if job.taken else unserved_wait(job)
    return None if queued is None else max(0.0, queued - (approval or 0.0))


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
        if duration is None and not _is_near(step.started_at, step.completed_at):
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


def _anomalies(job: Job) -> list[Anomaly]:
    found = []
    if job.taken and job_duration(job) is None and not _is_near(job.started_at, job.completed_at):
        found.append(Anomaly("job without duration", f"job {job.id}: {_times(job)}", job.url))
    if job.taken and is_skewed(job.created_at, job.started_at):
        found.append(Anomaly("job started before it was created", f"job {job.id}: {_times(job)}", job.url))
    if job.conclusion is None:
        found.append(Anomaly("job without conclusion", f"job {job.id}", job.url))
    if job.broken_steps:
        found.append(Anomaly("step", f"{job.broken_steps} steps of job {job.id} cannot be read", job.url))
    return found


def _is_near(start: int | None, stop: int | None) -> bool:
    """Whether both times are known and, if in the wrong order, differ by no more than clocks do."""
    return None not in (start, stop) and not is_skewed(start, stop)


def _times(job: Job) -> str:
    return f"created {job.created_at}, started {job.started_at}, completed {job.completed_at}"
