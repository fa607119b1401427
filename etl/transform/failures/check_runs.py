"""Annotations of check runs among a run's jobs → `failure` points with the source `check`.

A reporter repeats failures of its job's report or annotations; each failure gets one point.
"""

from collections.abc import Iterable, Mapping, Sequence

from etl.model.points import Point
from etl.model.records import Annotation, Job
from etl.model.schema import FAILURE
from etl.transform.context import Context
from etl.transform.failures.points import failure_points, without_boilerplate


def check_failures(
    context: Context,
    checks: Sequence[Job],
    annotations: Mapping[int, Sequence[Annotation]],
    *,
    known_points: Iterable[Point],
) -> list[Point]:
    """Failures of completed check runs that are not yet among the attempt's failures in `known_points`."""
    if not checks:
        return []
    others = [point for point in known_points if point.measurement == FAILURE.name]
    signatures = {point.tags["signature"] for point in others}
    tests = {point.fields["test"] for point in others if "test" in point.fields}
    return [
        point
        for check in checks
        for point in failure_points(context, check, without_boilerplate(annotations.get(check.id, ())))
        if point.tags["signature"] not in signatures and point.fields.get("test") not in tests
    ]
