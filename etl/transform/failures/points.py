"""Annotations of a job, or of a check run beside the jobs → `failure` points."""

from collections import Counter
from collections.abc import Sequence

from etl.model.evidence import Failure
from etl.model.logs import LogReading
from etl.model.points import Point
from etl.model.records import Annotation, Job
from etl.model.schema import FAILURE
from etl.transform.context import Context, present
from etl.transform.failures.annotated_tests import AnnotatedTest
from etl.transform.failures.categories import UNKNOWN
from etl.transform.failures.own_names import with_place, without_own_name
from etl.transform.failures.templates import is_boilerplate, signature_of
from etl.transform.jobs import job_second, job_tags
from etl.transform.names import printable
from etl.transform.times import point_time


def without_boilerplate(annotations: Sequence[Annotation], *, explained: bool = False) -> list[Annotation]:
    """Annotations of level `failure`; without GitHub's boilerplate if another annotation says more.

    `explained`: a test or a log already explains the failure, so boilerplate is left out in any case.
    """
    failures = [annotation for annotation in annotations if annotation.level == "failure"]
    better = [failure for failure in failures if not is_boilerplate(failure.message)]
    return better if better or explained else failures


def failure_points(
    context: Context, job: Job, annotations: Sequence[Annotation], log: LogReading | None = None
) -> list[Point]:
    """A point for each annotation, also for equal ones; the log decides the category if the message does not."""
    unless_known = UNKNOWN if log is None else context.rules.categories.of_log(log)
    twins: Counter[Annotation] = Counter()
    points = []
    for failure in annotations:
        points.append(_point(context, job, failure, twins[failure], unless_known))
        twins[failure] += 1
    return points


def annotated_failures(context: Context, annotations: Sequence[Annotation]) -> list[Failure]:
    """Failing results that only annotations have, named as in tags."""
    masks = context.rules.masks
    seen: Counter[tuple[str, str]] = Counter()
    failures = []
    for annotation in annotations:
        found = context.rules.annotated_tests(annotation.title, annotation.message)
        if found is None:
            continue
        name = (masks(found.suite), masks(found.test))
        failures.append(Failure(*name, seen[name], found.message, annotated=True))
        seen[name] += 1
    return failures


def _template(context: Context, message: str, test: AnnotatedTest | None, path: str) -> str:
    """The template without the test's own name, as that of a report or a log: one cause in many tests is one failure."""
    if test is None:
        return with_place(context.rules.templates(message), context.rules.masks(path) if path else "")
    own = without_own_name(printable(test.message), test.suite, test.test)
    place = " ".join(context.rules.masks(name) for name in (test.suite, test.test) if name)
    return with_place(context.rules.templates(own), place)


def _point(context: Context, job: Job, failure: Annotation, twin: int, unless_known: str) -> Point:
    message = printable(failure.message)
    test = context.rules.annotated_tests(failure.title, failure.message)
    category = context.rules.categories(message, is_test=test is not None)
    template = _template(context, message, test, failure.path)
    signature = signature_of(template)
    # Identity uses the position among equal annotations, not in the list, whose order is up to GitHub.
    identity = (job.id, failure.path, failure.line, failure.title, failure.message, twin)
    return Point(
        FAILURE.name,
        {
            **job_tags(context, job),
            "source": "check" if job.is_check else "annotation",
            "category": unless_known if category == UNKNOWN else category,
            "signature": signature,
        },
        {
            "message": message,
            **present(
                template=template,
                test=None if test is None else context.rules.masks(test.test),
                path=printable(failure.path),
                line=failure.line,
                job_id=job.id,
                run_id=job.run_id,
                # The attempt of a check run is unknown: any later attempt may list it too.
                attempt=None if job.is_check else context.run.attempt,
                head_sha=printable(context.run.head_sha),
            ),
        },
        point_time(job_second(context, job), "failure", *identity),
    )
