"""Columns as people see them: titles, value formats, and which ones a narrow table omits."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Any, Final

from etl.report.formats import Kind


class Better(Enum):
    """Which direction of change is good."""

    HIGHER = auto()
    LOWER = auto()
    NEITHER = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One key of an answer's rows.

    `narrowest` is the minimum terminal width, in cells, at which the column is shown; None means only in
    machine formats. `foldable` columns are omitted from a table if all rows have the same value.
    """

    key: str
    title: str
    kind: Kind
    narrowest: int | None = 0
    foldable: bool = False
    better: Better = Better.NEITHER


# Drawn from the rows of `success_over_time`, next to a workflow's own columns.
TREND: Final = Column("trend", "Trend", Kind.TREND, narrowest=75)


def of(names: str, **changes: Mapping[str, Any]) -> tuple[Column, ...]:
    """The columns with these names, separated by spaces; `changes` override attributes for one view."""
    return tuple(replace(_COLUMNS[name], **changes.get(name, {})) for name in names.split())


_COLUMNS: Final = {
    column.key: column
    for column in (
        # Names, from general to specific.
        Column("repository", "Repository", Kind.TEXT, foldable=True),
        Column("level", "Level", Kind.TEXT, foldable=True),
        Column("workflow", "Workflow", Kind.TEXT, foldable=True),
        Column("job", "Job", Kind.TEXT),
        Column("job_group", "Job group", Kind.TEXT, narrowest=None),
        Column("kind", "What", Kind.TEXT),
        Column("runner", "Runner", Kind.TEXT),
        Column("event", "Event", Kind.TEXT, narrowest=130, foldable=True),
        Column("actor", "Actor", Kind.TEXT, narrowest=150),
        Column("path", "File", Kind.TEXT, narrowest=150),
        Column("branch", "Branch", Kind.TEXT, narrowest=90, foldable=True),
        Column("suite", "Suite", Kind.TEXT, narrowest=120, foldable=True),
        Column("test", "Test", Kind.TEXT),
        Column("name", "Name", Kind.TEXT),
        Column("category", "Category", Kind.TEXT),
        Column("signature", "Signature", Kind.TEXT, narrowest=110),
        Column("template", "Message", Kind.TEXT),
        Column("message", "Message", Kind.TEXT, narrowest=180),
        Column("head_sha", "Commit", Kind.COMMIT),
        Column("last_good_sha", "Last good", Kind.COMMIT, narrowest=150),
        Column("first_bad_sha", "First bad", Kind.COMMIT, narrowest=110),
        Column("since_sha", "Commit", Kind.COMMIT),
        Column("last_before_sha", "Last before", Kind.COMMIT, narrowest=None),
        Column("between", "Or", Kind.TEXT, narrowest=None),
        Column("repaired_sha", "Repaired by", Kind.COMMIT, narrowest=170),
        Column("head_branch", "Head branch", Kind.TEXT, narrowest=None),
        Column("url", "Link", Kind.TEXT, narrowest=None),
        Column("failed_url", "Failed", Kind.TEXT, narrowest=None),
        Column("passed_url", "Passed", Kind.TEXT, narrowest=None),
        # Ids are not quantities: no thousands separators.
        Column("run_id", "Run", Kind.TEXT),
        Column("attempt", "Attempt", Kind.TEXT),
        Column("job_id", "Job", Kind.TEXT),
        # Outcomes.
        Column("state", "State", Kind.TEXT),
        Column("status", "Status", Kind.TEXT),
        Column("conclusion", "Conclusion", Kind.TEXT),
        Column("outcome", "Outcome", Kind.TEXT),
        Column("measure", "Measure", Kind.TEXT),
        # Counts.
        Column("runs", "Runs", Kind.COUNT, narrowest=75),
        Column("jobs", "Jobs", Kind.COUNT, narrowest=75),
        Column("jobs_before", "Jobs before", Kind.COUNT, narrowest=75),
        Column("tests", "Tests", Kind.COUNT, narrowest=120),
        Column("success", "Passed", Kind.COUNT, narrowest=None),
        Column("total", "Total", Kind.COUNT),
        Column("passed", "Passed", Kind.COUNT),
        Column("failed", "Failed", Kind.COUNT),
        Column("errored", "Errors", Kind.COUNT),
        Column("skipped", "Skipped", Kind.COUNT),
        Column("flaky", "Flaky", Kind.COUNT),
        Column("count", "Count", Kind.COUNT),
        Column("count_before", "Before", Kind.COUNT),
        Column("failures", "Failures", Kind.COUNT),
        Column("failures_before", "Before", Kind.COUNT, narrowest=90),
        Column("flakes", "Flakes", Kind.COUNT),
        Column("commits", "Commits", Kind.COUNT, narrowest=130),
        Column("flaky_tests", "Flaky tests", Kind.COUNT),
        Column("flaky_jobs", "Flaky jobs", Kind.COUNT),
        Column("evidence", "Results", Kind.COUNT, narrowest=170),
        Column("proven", "Proven", Kind.COUNT, narrowest=170),
        Column("sure", "Sure", Kind.COUNT, narrowest=None),
        Column("requests", "Requests", Kind.COUNT),
        Column("points", "Points", Kind.COUNT),
        Column("rejected", "Rejected", Kind.COUNT, narrowest=75),
        Column("outbox", "Waiting", Kind.COUNT, narrowest=90),
        Column("rate_limit_remaining", "Limit left", Kind.COUNT, narrowest=90),
        # Rates.
        Column("run_success_rate", "Runs", Kind.RATE),
        Column("job_success_rate", "Jobs", Kind.RATE, narrowest=75),
        Column("success_rate", "Success", Kind.RATE),
        Column("failure_rate", "Rate", Kind.RATE),
        Column("flake_rate", "Rate", Kind.RATE),
        Column("rate_low", "At least", Kind.RATE, narrowest=100),
        Column("rate_high", "At most", Kind.RATE, narrowest=110),
        Column("score", "Score", Kind.RATE, narrowest=100),
        Column("share", "Share", Kind.RATE),
        Column("probability", "Likely", Kind.RATE, narrowest=130),
        # Times or rates, depending on the row's kind.
        Column("size", "Change", Kind.TEXT),
        Column("low", "At least", Kind.TEXT, narrowest=150),
        Column("high", "At most", Kind.TEXT, narrowest=150),
        Column("level_before", "Before", Kind.TEXT, narrowest=90),
        Column("level_after", "Now", Kind.TEXT),
        # Durations.
        Column("queued_s", "Queued", Kind.DURATION, narrowest=90),
        Column("p50_s", "p50", Kind.DURATION),
        Column("p95_s", "p95", Kind.DURATION),
        Column("p95_s_before", "p95 before", Kind.DURATION, narrowest=75),
        Column("queued_p50_s", "Queued", Kind.DURATION, narrowest=90),
        Column("queued_p95_s", "Queued p95", Kind.DURATION, narrowest=75),
        Column("mean_s", "Mean", Kind.DURATION, narrowest=100),
        Column("duration_s", "Took", Kind.DURATION),
        Column("lag_s", "Lag", Kind.DURATION, narrowest=75),
        Column("sum_s", "In all", Kind.DURATION),
        Column("minutes", "Minutes", Kind.MINUTES, narrowest=100),
        Column("wasted_minutes", "Wasted min", Kind.MINUTES, narrowest=150),
        Column("cost_minutes", "Costs min", Kind.MINUTES),
        Column("flaked_minutes", "Flaked", Kind.MINUTES),
        Column("cancelled_minutes", "Cancelled", Kind.MINUTES),
        Column("repeated_minutes", "Repeated", Kind.MINUTES),
        Column("waiting_minutes", "Waited", Kind.MINUTES, narrowest=75),
        Column("hours", "Red for", Kind.HOURS),
        Column("hours_to_repair", "Repair took", Kind.HOURS, narrowest=130, foldable=True),
        Column("mean_hours_to_repair", "Mean repair", Kind.HOURS),
        # Times.
        Column("time", "Day", Kind.TIME),
        Column("since", "Since", Kind.TIME),
        Column("until", "Until", Kind.TIME, narrowest=100),
        Column("first_seen", "First seen", Kind.TIME, narrowest=140),
        Column("last_seen", "Last seen", Kind.TIME, narrowest=90),
        Column("last_failure", "Last failure", Kind.TIME, narrowest=90),
    )
}
