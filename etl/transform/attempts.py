"""An attempt of a run with all that belongs to it → its points: the stage's one entrance."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from etl.anomalies import Anomaly
from etl.extract.records import Annotation, Job
from etl.transform.context import Context
from etl.transform.failures import failure_points
from etl.transform.jobs import job_points
from etl.transform.runs import run_point
from etl.transform.schema import Point


@dataclass(frozen=True, slots=True)
class Transformed:
    """Points of one attempt, and what looked wrong on the way."""

    points: list[Point]
    anomalies: list[Anomaly]


def execution_key(job: Job) -> bytes:
    """What stays the same when a later attempt only inherits a job: name, start and completion.

    GitHub gives an inherited job a new id and creation time at times, but keeps these. A job
    without both times is known by its id alone.
    """
    timed = job.started_at is not None and job.completed_at is not None
    identity = (job.name, job.started_at, job.completed_at) if timed else (job.id,)
    text = "\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=8).digest()


def own_jobs(jobs: Sequence[Job], earlier: Collection[bytes]) -> list[Job]:
    """The jobs that the attempt ran itself: not those that an earlier attempt executed."""
    return [job for job in jobs if execution_key(job) not in earlier]


def transform_attempt(
    context: Context, jobs: Sequence[Job], annotations: Mapping[int, Sequence[Annotation]]
) -> Transformed:
    """All points of an attempt from the jobs it ran itself; annotations by job id.

    Of an attempt that is still open, its completed jobs alone.
    """
    points, anomalies = [], []
    if context.run.completed:
        point, odd = run_point(context, jobs)
        points.append(point)
        anomalies += odd
    for job in jobs:
        if not job.completed:
            continue
        made, odd = job_points(context, job)
        points += made
        anomalies += odd
        points += failure_points(context, job, annotations.get(job.id, ()))
    return Transformed(points, anomalies)
