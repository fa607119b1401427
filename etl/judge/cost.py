"""The cost of a finding in minutes a week, by how often its subject runs and how long that takes."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from etl.judge.finding import Finding, Kind

WEEK_S: Final = 7 * 86_400
_TIMES: Final = (Kind.SLOWER, Kind.FASTER, Kind.WAITS_LONGER, Kind.WAITS_LESS)


# Workflow, job (empty for a workflow), and a branch with a name that is not the default one (empty: all branches).
Place = tuple[str, str, str]


class Usage(NamedTuple):
    """How often a workflow or job runs per week, and how long it usually takes (seconds)."""

    runs: float
    seconds: float


def cost_minutes(finding: Finding, usage: Mapping[Place, Usage]) -> float:
    """Minutes a week that it costs, or saves.

    A failure costs the execution that it spoils; of a break, each execution while it lasts, but of a branch that
    is not the default one only its own; of what spreads, those of its day.
    """
    if finding.kind is Kind.SPREADING:
        return finding.evidence * _usual_seconds(usage) / 60
    subject = finding.subject
    used = usage.get((subject.workflow, subject.job, subject.branch)) or usage.get(
        (subject.workflow, subject.job, ""), Usage(0.0, 0.0)
    )
    seconds = abs(finding.after - finding.before)
    if finding.kind not in _TIMES:
        seconds *= used.seconds
    return seconds * used.runs / 60


def _usual_seconds(usage: Mapping[Place, Usage]) -> float:
    """How long a job usually takes, of those that run most."""
    jobs = [used for (_, job, branch), used in usage.items() if job and not branch]
    runs = sum(used.runs for used in jobs)
    return sum(used.runs * used.seconds for used in jobs) / runs if runs else 0.0
