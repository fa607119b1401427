"""What each question's answer looks like, as data: its columns, their titles and how they read.

The terminal, the machine formats and the HTML report all draw from here. A new question is a new
`View` and nothing else.
"""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import Enum, auto
from typing import Any, Final

from etl.load.store import Row
from etl.report.formats import Kind, change

# Suffix of a single answer's keys for the period of the same length before.
BEFORE: Final = "_before"


class Better(Enum):
    """Which direction of change is good news."""

    HIGHER = auto()
    LOWER = auto()
    NEITHER = auto()


@dataclass(frozen=True, slots=True)
class Column:
    """One key of an answer's rows.

    `narrowest` is the least terminal width, in cells, that has room for the column; None keeps it
    to the machine formats. `foldable` columns leave the table when all rows agree on the value.
    """

    key: str
    title: str
    kind: Kind
    narrowest: int | None = 0
    foldable: bool = False
    better: Better = Better.NEITHER


@dataclass(frozen=True, slots=True)
class View:
    """How the answer to one question is shown; `single` answers are one object, not a list."""

    question: str
    title: str
    noun: str
    columns: tuple[Column, ...]
    single: bool = False

    def without(self, key: str) -> "View":
        """The same without a column that the rows to be shown make needless."""
        return replace(self, columns=tuple(column for column in self.columns if column.key != key))

    def figures(self, row: Row) -> list["Figure"]:
        """The row's values beside those of the period before, without what is unknown in both."""
        figures = [
            Figure(column, row.get(column.key), row.get(column.key + BEFORE))
            for column in self.columns
            if column.narrowest is not None
        ]
        return [figure for figure in figures if (figure.now, figure.before) != (None, None)]


@dataclass(frozen=True, slots=True)
class Figure:
    """A value of a single answer, and the same of the period before; None where unknown."""

    column: Column
    now: Any
    before: Any

    @property
    def change(self) -> str:
        """The change in words: `+1.3 pp`, `-4.0 %`, or nothing where a side is unknown."""
        return change(self.now, self.before, self.column.kind)

    @property
    def is_good(self) -> bool | None:
        """Whether the change is good news; None where it is neither good nor bad."""
        if not self.change or self.now == self.before or self.column.better is Better.NEITHER:
            return None
        return (self.now > self.before) is (self.column.better is Better.HIGHER)


@dataclass(frozen=True, slots=True)
class Period:
    """The time an answer covers: start ≤ time < stop."""

    start: datetime
    stop: datetime

    @property
    def last_day(self) -> date:
        """The last day (UTC) with a part in the period."""
        return (self.stop - timedelta(microseconds=1)).astimezone(UTC).date()

    def __str__(self) -> str:
        """Read as people say it: `last 30 days`."""
        days = max(1, round((self.stop - self.start).total_seconds() / 86400))
        return "last day" if days == 1 else f"last {days} days"


_REPOSITORY = Column("repository", "Repository", Kind.TEXT, foldable=True)
_WORKFLOW = Column("workflow", "Workflow", Kind.TEXT, foldable=True)
_JOB = Column("job", "Job", Kind.TEXT)
_RATE = Column("success_rate", "Success", Kind.RATE, better=Better.HIGHER)
_SUCCESS = Column("success", "Passed", Kind.COUNT, narrowest=None)
_TOTAL = Column("total", "Total", Kind.COUNT)
_P50 = Column("p50_s", "p50", Kind.DURATION)
_P95 = Column("p95_s", "p95", Kind.DURATION)
_QUEUED = Column("queued_p50_s", "Queued", Kind.DURATION, narrowest=90)
_SUITE = Column("suite", "Suite", Kind.TEXT, narrowest=120)
_TEST = Column("test", "Test", Kind.TEXT)
_RUNS = Column("runs", "Runs", Kind.COUNT, narrowest=75)
_STATE = Column("state", "State", Kind.TEXT)
_MINUTES = Column("minutes", "Minutes", Kind.MINUTES, narrowest=100)

# Drawn of the rows of `success_over_time`, beside a workflow's own.
TREND: Final = Column("trend", "Trend", Kind.TREND, narrowest=75)

OVERVIEW: Final = View(
    "overview",
    "CI health",
    "runs",
    (
        Column("runs", "Runs", Kind.COUNT),
        Column("jobs", "Jobs", Kind.COUNT),
        Column("run_success_rate", "Runs that succeed", Kind.RATE, better=Better.HIGHER),
        Column("job_success_rate", "Jobs that succeed", Kind.RATE, better=Better.HIGHER),
        Column("p50_s", "Run time, median", Kind.DURATION, better=Better.LOWER),
        Column("p95_s", "Run time, p95", Kind.DURATION, better=Better.LOWER),
        Column("queued_p50_s", "Time in queue, median", Kind.DURATION, better=Better.LOWER),
        Column("minutes", "Runner minutes", Kind.MINUTES),
        Column("wasted_minutes", "Minutes wasted on flakes", Kind.MINUTES, better=Better.LOWER),
        Column("flaky_tests", "Flaky tests", Kind.COUNT, better=Better.LOWER),
        Column("flaky_jobs", "Flaky jobs", Kind.COUNT, better=Better.LOWER),
    ),
    single=True,
)
WORKFLOWS: Final = View(
    "workflows",
    "Workflows",
    "workflow runs",
    (
        _REPOSITORY,
        Column("workflow", "Workflow", Kind.TEXT),
        _SUCCESS,
        _TOTAL,
        _RATE,
        Column("job_success_rate", "Jobs", Kind.RATE, narrowest=75, better=Better.HIGHER),
        _P50,
        _P95,
        _QUEUED,
        _MINUTES,
    ),
)
JOBS: Final = View(
    "jobs",
    "Jobs",
    "jobs",
    (
        _REPOSITORY,
        _WORKFLOW,
        _JOB,
        Column("job_group", "Job group", Kind.TEXT, narrowest=None),
        _SUCCESS,
        _TOTAL,
        _RATE,
        _P50,
        _P95,
        _QUEUED,
        _MINUTES,
    ),
)
TESTS: Final = View(
    "tests",
    "Tests that failed",
    "failing tests",
    (
        _REPOSITORY,
        _WORKFLOW,
        replace(_JOB, foldable=True),
        _SUITE,
        _TEST,
        _RUNS,
        Column("failures", "Failures", Kind.COUNT),
        Column("failure_rate", "Rate", Kind.RATE, better=Better.LOWER),
        Column("mean_s", "Mean", Kind.DURATION, narrowest=100),
        Column("last_failure", "Last failure", Kind.TIME, narrowest=90),
        _STATE,
    ),
)
FLAKY: Final = View(
    "flaky",
    "Flaky tests and jobs",
    "flakes",
    (
        _REPOSITORY,
        Column("level", "Level", Kind.TEXT, narrowest=100, foldable=True),
        _WORKFLOW,
        replace(_JOB, foldable=True),
        _SUITE,
        _TEST,
        Column("flakes", "Flakes", Kind.COUNT),
        _RUNS,
        Column("flake_rate", "Rate", Kind.RATE, better=Better.LOWER),
        Column("score", "At least", Kind.RATE, narrowest=100, better=Better.LOWER),
        Column("commits", "Commits", Kind.COUNT, narrowest=130),
        _STATE,
        Column("first_seen", "First seen", Kind.TIME, narrowest=140),
        Column("last_seen", "Last seen", Kind.TIME, narrowest=90),
        Column("wasted_minutes", "Wasted min", Kind.MINUTES, narrowest=150, better=Better.LOWER),
        Column("message", "Message", Kind.TEXT, narrowest=180),
        Column("failed_url", "Failed", Kind.TEXT, narrowest=None),
        Column("passed_url", "Passed", Kind.TEXT, narrowest=None),
    ),
)
FAILURES: Final = View(
    "failures",
    "Most common failures",
    "failure messages",
    (
        _REPOSITORY,
        Column("signature", "Signature", Kind.TEXT, narrowest=110),
        Column("template", "Message", Kind.TEXT),
        Column("count", "Count", Kind.COUNT),
        Column("share", "Share", Kind.RATE),
        Column("jobs", "Jobs", Kind.COUNT, narrowest=75),
        Column("tests", "Tests", Kind.COUNT, narrowest=120),
        Column("first_seen", "First seen", Kind.TIME, narrowest=100),
        Column("last_seen", "Last seen", Kind.TIME, narrowest=65),
        Column("message", "Example", Kind.TEXT, narrowest=None),
        Column("url", "Link", Kind.TEXT, narrowest=None),
    ),
)
SLOW: Final = View(
    "slow",
    "Slowest jobs, steps and tests",
    "durations",
    (
        _REPOSITORY,
        Column("level", "Level", Kind.TEXT, foldable=True),
        _WORKFLOW,
        Column("job", "Job", Kind.TEXT, narrowest=100, foldable=True),
        Column("name", "Name", Kind.TEXT),
        _P50,
        _P95,
        Column("p95_s_before", "p95 before", Kind.DURATION, narrowest=75),
        Column("minutes", "Minutes", Kind.MINUTES),
    ),
)
BROKEN: Final = View(
    "broken",
    "Broken workflows and jobs",
    "breaks",
    (
        _REPOSITORY,
        _WORKFLOW,
        _JOB,
        Column("branch", "Branch", Kind.TEXT, narrowest=90, foldable=True),
        Column("since", "Since", Kind.TIME),
        Column("last_good_sha", "Last good", Kind.COMMIT, narrowest=150),
        Column("first_bad_sha", "First bad", Kind.COMMIT, narrowest=110),
        Column("hours", "Red for", Kind.HOURS, better=Better.LOWER),
        Column("mean_hours_to_repair", "Mean repair", Kind.HOURS, better=Better.LOWER),
    ),
)
SUCCESS_OVER_TIME: Final = View(
    "success_over_time",
    "Success over time",
    "workflow runs",
    (
        Column("time", "Day", Kind.TIME),
        _REPOSITORY,
        _WORKFLOW,
        _SUCCESS,
        _TOTAL,
        _RATE,
        _P50,
        _P95,
    ),
)

ETL_STATUS: Final = View(
    "etl_status",
    "Last syncs",
    "syncs",
    (
        Column("repository", "Repository", Kind.TEXT),
        Column("time", "Time", Kind.TIME),
        Column("status", "Status", Kind.TEXT),
        Column("requests", "Requests", Kind.COUNT),
        Column("rate_limit_remaining", "Limit left", Kind.COUNT, narrowest=90),
        Column("runs", "Runs", Kind.COUNT),
        Column("points", "Points", Kind.COUNT),
        Column("rejected", "Rejected", Kind.COUNT, narrowest=75, better=Better.LOWER),
        Column("outbox", "Waiting", Kind.COUNT, narrowest=90, better=Better.LOWER),
        Column("lag_s", "Lag", Kind.DURATION, narrowest=75, better=Better.LOWER),
    ),
)

VIEWS: Final = {
    view.question: view
    for view in (
        OVERVIEW,
        WORKFLOWS,
        JOBS,
        TESTS,
        FLAKY,
        FAILURES,
        SLOW,
        BROKEN,
        SUCCESS_OVER_TIME,
        ETL_STATUS,
    )
}
