"""A job that no runner took → its `failure` point, with a category of its own whatever GitHub's message says.

It was cancelled in the queue, rejected before its deployment or out of minutes: nothing in the project failed.
"""

from collections.abc import Sequence
from typing import Final

from etl.model.points import Point
from etl.model.records import Annotation, Job
from etl.model.schema import COUNTED, FAILURE, SUCCESS
from etl.transform.context import Context, present
from etl.transform.failures.templates import signature_of
from etl.transform.jobs import job_second, job_tags, unserved_wait
from etl.transform.names import printable
from etl.transform.times import point_time

# One message for all such jobs, so that they count as one cause.
NO_RUNNER: Final = "no runner took the job"
# GitHub cancels what waits for a runner for 24 hours. Source: GitHub docs, "Actions limits".
_MAX_QUEUE_S: Final = 24 * 3_600 - 600


def no_runner_points(context: Context, job: Job, annotations: Sequence[Annotation]) -> list[Point]:
    """The failure point of a job that no runner took; empty if somebody cancelled it, or it was skipped."""
    given_up = job.conclusion == "cancelled" and (unserved_wait(job) or 0) >= _MAX_QUEUE_S
    if job.taken or not (given_up or job.conclusion in COUNTED) or job.conclusion == SUCCESS:
        return []
    # The longest annotation represents all, since their order is up to GitHub.
    message = max(
        (note.message for note in annotations), key=lambda text: (len(text), text), default=NO_RUNNER
    )
    point = Point(
        FAILURE.name,
        {
            **job_tags(context, job),
            "source": "annotation",
            "category": "no_runner",
            "signature": signature_of(NO_RUNNER),
        },
        {
            "message": printable(message),
            **present(
                template=NO_RUNNER,
                job_id=job.id,
                run_id=job.run_id,
                attempt=context.run.attempt,
                head_sha=printable(context.run.head_sha),
            ),
        },
        point_time(job_second(context, job), "failure", job.id, NO_RUNNER),
    )
    return [point]
