"""Annotations of a job → `failure` points."""

from collections import Counter
from collections.abc import Sequence

from etl.extract.records import Annotation, Job
from etl.transform.context import Context, present
from etl.transform.jobs import job_second, job_tags
from etl.transform.names import printable
from etl.transform.schema import FAILURE, Point
from etl.transform.templates import is_boilerplate, signature_of, template_of
from etl.transform.times import point_time


def failure_points(context: Context, job: Job, annotations: Sequence[Annotation]) -> list[Point]:
    """A point per annotation of level `failure`; two equal ones of a job are two.

    GitHub's own boilerplate is left out where a better message stands beside it.
    """
    failures = [annotation for annotation in annotations if annotation.level == "failure"]
    telling = [failure for failure in failures if not is_boilerplate(failure.message)]
    twins: Counter[Annotation] = Counter()
    points = []
    for failure in telling or failures:
        points.append(_point(context, job, failure, twins[failure]))
        twins[failure] += 1
    return points


def _point(context: Context, job: Job, failure: Annotation, twin: int) -> Point:
    message = printable(failure.message)
    template = template_of(message)
    signature = signature_of(template)
    # The place among equals is part of the identity, not the place in the list: order is GitHub's.
    identity = (job.id, failure.path, failure.line, failure.title, failure.message, twin)
    return Point(
        FAILURE.name,
        {**job_tags(context, job), "source": "annotation", "signature": signature},
        {
            "message": message,
            **present(
                template=template,
                path=printable(failure.path),
                line=failure.line,
                job_id=job.id,
                run_id=job.run_id,
                attempt=context.run.attempt,
                head_sha=printable(context.run.head_sha),
            ),
        },
        point_time(job_second(context, job), "failure", *identity),
    )
