"""Flake evidence: a failing result and a passing one of the same thing on the same commit; pure.

The order in which the two arrive does not matter: the point has the failing result's time and tags, and names
the earliest passing result.
"""

from collections.abc import Iterable, Sequence
from typing import Literal

from etl.model.evidence import EvidenceLimits, Execution, Failure
from etl.model.points import Point
from etl.model.schema import FLAKE
from etl.transform.context import present
from etl.transform.names import printable
from etl.transform.times import point_time

Kind = Literal["rerun", "same_sha", "in_report"]

_KINDS: tuple[Kind, ...] = ("rerun", "same_sha")

# Events that test exactly the commit; a pull request's run tests a merge with its base, which changes.
SAME_SHA_EVENTS = ("push", "merge_group", "schedule")


def evidence(new: Execution, known: Iterable[Execution], limits: EvidenceLimits) -> list[Point]:
    """Points that a new execution adds or changes, given the known ones that may be its counterparts."""
    others = [
        other
        for other in known
        if other.job_id != new.job_id and (other.workflow_id, other.shards) == (new.workflow_id, new.shards)
    ]
    everyone = [*others, new]
    points = _of_failing(new, everyone, limits)
    for other in others:
        # An older failure's evidence changes only if the new execution is the earliest passing one.
        if any(_is_counterpart(kind, other, new, limits) for kind in _KINDS):
            points += [point for point in _of_failing(other, everyone, limits) if _names(point, new)]
    return points


def within_report(execution: Execution, failures: Iterable[Failure]) -> list[Point]:
    """Evidence of tests that failed and passed on a retry within one report; none in an outage."""
    if execution.outage:
        return []
    return [_test_point("in_report", execution, failure, execution) for failure in failures]


def _names(point: Point, passing: Execution) -> bool:
    return point.fields["passed_job_id"] == passing.job_id


def _of_failing(failing: Execution, everyone: Sequence[Execution], limits: EvidenceLimits) -> list[Point]:
    # Most executions have no failures, and need no counterparts.
    if failing.green and (failing.outage or not failing.failures):
        return []
    points = []
    for kind in _KINDS:
        counterparts = [other for other in everyone if _is_counterpart(kind, failing, other, limits)]
        counterparts.sort(key=lambda other: (other.ended_at, other.job_id))
        if not failing.green and failing.job:
            same_job = (other for other in counterparts if other.green and other.job == failing.job)
            if (passing := next(same_job, None)) is not None:
                points.append(_job_point(kind, failing, passing))
        for failure in () if failing.outage else failing.failures:
            passing = next((one for one in counterparts if _passes(one, failing, failure)), None)
            if passing is not None:
                points.append(_test_point(kind, failing, failure, passing))
    return points


def _is_counterpart(kind: Kind, failing: Execution, other: Execution, limits: EvidenceLimits) -> bool:
    apart = abs(other.ended_at - failing.ended_at)
    if kind == "rerun":
        return other.run_id == failing.run_id and other.attempt != failing.attempt and apart <= limits.rerun_s
    return (
        other.run_id != failing.run_id
        and other.head_sha == failing.head_sha != ""
        and other.event == failing.event
        and failing.event in SAME_SHA_EVENTS
        and apart <= limits.same_sha_s
    )


def _passes(other: Execution, failing: Execution, failure: Failure) -> bool:
    # Without a report, only the same job's success is evidence, not that of another shard.
    comparable = other.job == failing.job if failure.annotated else True
    return comparable and other.shows_passing(failure)


def _job_point(kind: Kind, failing: Execution, passing: Execution) -> Point:
    return Point(
        FLAKE.name,
        {**failing.tags, "level": "job", "evidence": kind},
        present(
            **_fields(failing, passing),
            wasted_s=failing.duration_s,
            message=printable(failing.message),
        ),
        point_time(failing.ended_at, "flake", "job", failing.job_id),
    )


def _test_point(kind: Kind, failing: Execution, failure: Failure, passing: Execution) -> Point:
    """Evidence at test level; `passing` is the failing execution itself for `in_report`."""
    tags = {
        **failing.tags,
        "level": "test",
        "evidence": kind,
        "suite": failure.suite,
        "test": failure.test,
    }
    # Points of one failing result share their time, whatever their kind, so that they count once.
    identity = ("flake", "test", failing.job_id, failure.suite, failure.test, failure.ordinal)
    return Point(
        FLAKE.name,
        tags,
        present(**_fields(failing, passing), message=printable(failure.message)),
        point_time(failing.ended_at, *identity),
    )


def _fields(failing: Execution, passing: Execution) -> dict[str, int | str]:
    return {
        "head_sha": failing.head_sha,
        "failed_run_id": failing.run_id,
        "failed_job_id": failing.job_id,
        "passed_run_id": passing.run_id,
        "passed_job_id": passing.job_id,
        "confirmed_at": max(failing.ended_at, passing.ended_at),
    }
