"""Failures that spread: within a day in several more jobs than the day before, and in changes that are unrelated.

One pull request that breaks a matrix of jobs spreads nothing: nobody else has its failure.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from etl.judge.finding import Commits, Effect, Finding, Judgement, Kind, Reason
from etl.judge.history import Level, Subject
from etl.judge.limits import SpreadLimits
from etl.model.tag_values import ANY

Row = Mapping[str, Any]

# Characters of a template that name a failure.
_NAME = 200


class InMoreJobs(NamedTuple):
    """A row of `failures`, and in how many jobs it came the day before."""

    row: Row
    jobs_before: int


def in_more_jobs(now: Iterable[Row], before: Iterable[Row], limits: SpreadLimits) -> list[InMoreJobs]:
    """The failures that came in enough more jobs than the day before."""
    jobs = {row["signature"]: row["jobs"] for row in before}
    compared = [InMoreJobs(row, jobs.get(row["signature"], 0)) for row in now]
    return [one for one in compared if one.row["jobs"] - one.jobs_before >= limits.min_jobs]


def judge_spreading(
    found: Iterable[InMoreJobs], lines: Mapping[str, Collection[str]], limits: SpreadLimits
) -> list[Judgement]:
    """What is told of failures that came in more jobs, by the lines of commits that each signature came on."""
    return [_judged(one, len(lines.get(one.row["signature"], ())), limits) for one in found]


def _judged(found: InMoreJobs, lines: int, limits: SpreadLimits) -> Judgement:
    row, jobs_before = found
    subject = Subject(
        row["repository"], Level.FAILURE, ANY, suite=row["signature"], name=(row["template"] or "")[:_NAME]
    )
    if lines < limits.min_lines:
        return Judgement(subject, reason=Reason.ONE_LINE)
    more = float(row["jobs"] - jobs_before)
    finding = Finding(
        Kind.SPREADING,
        subject,
        int(datetime.fromisoformat(row["first_seen"]).timestamp()),
        probability=1.0,
        effect=Effect(more, more, more),
        commits=Commits("", ""),
        evidence=row["count"],
        before=float(jobs_before),
        after=float(row["jobs"]),
    )
    return Judgement(subject, (finding,))
