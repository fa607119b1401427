"""A finding → its point, whose tags and time stay the same while it lasts."""

from etl.judge.finding import Finding
from etl.judge.history import Level
from etl.model.points import NANOSECONDS, Point
from etl.model.schema import FINDING
from etl.model.tag_values import tag_value


def finding_point(finding: Finding, cost_minutes: float) -> Point:
    """The point of a finding, with its cost in minutes a week."""
    subject, commits, effect = finding.subject, finding.commits, finding.effect
    tags = {
        "repository": subject.repository,
        "kind": finding.kind,
        "level": subject.level,
        "workflow": subject.workflow,
    }
    names = {"job": subject.job, "suite": subject.suite, "name": subject.name}
    # Of a test also an empty suite, as the points of its results have it.
    always = ("suite",) if subject.level is Level.TEST else ()
    # The tag of the runs it was found in, as it is.
    branch = {"branch": subject.branch} if subject.branch else {}
    return Point(
        FINDING.name,
        {name: tag_value(value) for name, value in (tags | names).items() if value or name in always}
        | branch,
        {
            "finding_id": finding.id,
            "since": finding.since,
            "until": finding.until or 0,
            "since_sha": commits.first,
            "last_before_sha": commits.last_before,
            "between": ",".join(commits.between),
            "probability": finding.probability,
            "size": effect.size,
            "low": effect.low,
            "high": effect.high,
            "level_before": finding.before,
            "level_after": finding.after,
            "evidence": finding.evidence,
            "proven": finding.proven,
            "sure": int(finding.sure),
            "cost_minutes": cost_minutes,
            "repaired_sha": finding.repaired,
            "repair_s": finding.repair_s or 0,
        },
        (finding.began or finding.since) * NANOSECONDS,
    )
