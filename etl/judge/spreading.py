"""Failures that spread: within a day in several more jobs than in the week before, and in unrelated changes.

One pull request that breaks a matrix of jobs spreads nothing: nobody else has its failure.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

from etl.judge.finding import Commits, Effect, Finding, Judgement, Kind, Reason
from etl.judge.history import Level, Subject
from etl.judge.limits import SpreadLimits
from etl.model.tag_values import ANY

Row = Mapping[str, Any]

# Characters of a template that name a failure.
_NAME: Final = 200
# Branches of GitHub's merge queue: the change is a pull request's, too.
_QUEUE: Final = "gh-readonly-queue/"


class InMoreJobs(NamedTuple):
    """A row of `failures`, and in how many jobs it came before."""

    row: Row
    jobs_before: int


@dataclass(slots=True)
class Reach:
    """The branches that a failure came on, without the default one, and the executions of jobs that it failed."""

    branches: set[str] = field(default_factory=set)
    executions: set[int] = field(default_factory=set)


def jobs_before_spreading(known: Iterable[Finding]) -> dict[str, int]:
    """In how many jobs each failure came that spreads already, before it did: by its signature."""
    return {
        one.subject.suite: round(one.before) for one in known if one.kind is Kind.SPREADING and one.is_open
    }


def in_more_jobs(
    now: Iterable[Row], before: Iterable[Row], spreading: Mapping[str, int], limits: SpreadLimits
) -> list[InMoreJobs]:
    """The failures of the last day in enough more jobs than before; of what spreads already, than before it did."""
    jobs = {row["signature"]: row["jobs"] for row in before} | dict(spreading)
    compared = [InMoreJobs(row, jobs.get(row["signature"], 0)) for row in now]
    return [one for one in compared if one.row["jobs"] - one.jobs_before >= limits.min_jobs]


def reach_of(messages: Iterable[Row], attempts: Iterable[Row], default_branch: str) -> dict[str, Reach]:
    """How far each signature of `messages` reaches; `attempts` have the real names of the branches."""
    branches = {
        row["run_id"]: row["head_branch"] or "" for row in attempts if row["branch"] != default_branch
    }
    found: dict[str, Reach] = defaultdict(Reach)
    for row in messages:
        reach, branch = found[row["signature"]], branches.get(row["run_id"], "")
        reach.executions.add(row["job_id"])
        if branch and not branch.startswith(_QUEUE):
            reach.branches.add(branch)
    return found


def judge_spreading(
    found: Iterable[InMoreJobs], reaches: Mapping[str, Reach], limits: SpreadLimits
) -> list[Judgement]:
    """What is told of failures that came in more jobs."""
    return [_judged(one, reaches.get(one.row["signature"], Reach()), limits) for one in found]


def _judged(found: InMoreJobs, reach: Reach, limits: SpreadLimits) -> Judgement:
    row, jobs_before = found
    subject = Subject(
        row["repository"], Level.FAILURE, ANY, suite=row["signature"], name=(row["template"] or "")[:_NAME]
    )
    if len(reach.branches) < limits.min_branches:
        return Judgement(subject, reason=Reason.ONE_CHANGE)
    more = float(row["jobs"] - jobs_before)
    finding = Finding(
        Kind.SPREADING,
        subject,
        int(datetime.fromisoformat(row["first_seen"]).timestamp()),
        probability=1.0,
        effect=Effect(more, more, more),
        commits=Commits("", ""),
        evidence=len(reach.executions),
        before=float(jobs_before),
        after=float(row["jobs"]),
    )
    return Judgement(subject, (finding,))
