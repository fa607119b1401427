"""When the failed step of a job ran, as its log writes times."""

from etl.model.records import Job, Step
from etl.model.values import iso_time

# In this order: a step that ran into the job's time-out is `cancelled`.
_FAILED = ("failure", "timed_out", "cancelled")


def failed_window(job: Job) -> tuple[str, str]:
    """Start and end of the first step that failed, in ISO 8601; empty where GitHub does not tell."""
    step = next((step for how in _FAILED for step in job.steps if step.conclusion == how), None)
    if step is None or step.started_at is None:
        return "", ""
    return iso_time(step.started_at), _end(step, job)


def _end(step: Step, job: Job) -> str:
    ended = step.completed_at if step.completed_at is not None else job.completed_at
    return "" if ended is None else iso_time(ended)
