"""What is visible of a run at a given time: statuses, latest attempt, last change; pure."""

from dataclasses import dataclass

from etl.demo.history import Attempt, Inheritance, Job, Run


@dataclass(frozen=True, slots=True)
class Seen:
    """The state of a run or a job at a given time."""

    status: str
    conclusion: str | None


def visible_attempts(run: Run, now: float) -> list[Attempt]:
    """Attempts that have begun; the first begins with the run."""
    return [attempt for index, attempt in enumerate(run.attempts) if index == 0 or attempt.started_at <= now]


def listed_jobs(attempt: Attempt, now: float) -> list[Job]:
    """Jobs that an attempt lists; inherited jobs in one of GitHub's ways."""
    return [
        job
        for job in attempt.jobs
        if job.inherited is not Inheritance.OMIT and (job.inherited is not None or _listed_at(job) <= now)
    ]


def _listed_at(job: Job) -> int:
    return job.created_at if job.listed_at is None else job.listed_at


def job_seen(job: Job, now: float) -> Seen:
    """A job's state: queued until it starts, in progress until it completes."""
    if job.completed_at is not None and job.completed_at <= now:
        return Seen("completed", job.conclusion)
    if job.started_at is not None and job.started_at <= now:
        return Seen("in_progress", None)
    return Seen("waiting" if job.decided_at is not None and now < job.decided_at else "queued", None)


def deployment_states(job: Job, now: float) -> list[tuple[str, int]]:
    """States of a job's deployment with their times, up to now; empty if it deploys nothing."""
    if job.decided_at is None:
        return []
    ended = "success" if job.conclusion == "success" else "failure"
    states = [("waiting", job.created_at)]
    if job.taken and job.started_at is not None:
        states += [("queued", job.decided_at), ("in_progress", job.started_at)]
    states += [] if job.completed_at is None else [(ended, job.completed_at)]
    return [(state, moment) for state, moment in states if moment <= now]


def attempt_seen(attempt: Attempt, now: float) -> Seen:
    """An attempt's state: queued until its first job starts, completed once its last job is."""
    ended = attempt.ended_at
    if ended is not None and ended <= now:
        return Seen("completed", attempt.outcome)
    started = [job.started_at for job in attempt.jobs if job.inherited is None and job.started_at is not None]
    return Seen("in_progress" if any(second <= now for second in started) else "queued", None)


def last_change(run: Run, attempt: Attempt, now: float) -> int:
    """The latest time, up to now, at which anything in the attempt changed."""
    moments = [run.created_at, attempt.started_at, *run.touched, *_afterthoughts(run)]
    for job in attempt.jobs:
        if job.inherited is None:
            times = (job.created_at, job.started_at, job.completed_at)
            moments += [t for t in times if t is not None]
    return int(max(moment for moment in moments if moment <= max(now, run.created_at)))


def _afterthoughts(run: Run) -> list[int]:
    """When jobs of any attempt were listed late, and when check runs among them began and ended."""
    jobs = [job for attempt in run.attempts for job in attempt.jobs]
    late = [job.listed_at for job in jobs]
    checks = [moment for job in jobs if job.is_check for moment in (job.created_at, job.completed_at)]
    return [moment for moment in (*late, *checks) if moment is not None]
