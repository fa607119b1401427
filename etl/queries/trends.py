"""Questions about change: over time, compared with the previous period, and what is new.

`every` is a multiple of seconds, and `time` the start of its window, counted from the Unix epoch.
"""

from datetime import timedelta
from typing import Final

from etl.queries.columns import of
from etl.queries.question import GITHUB, WITH_JOB, Question

_DAY: Final = timedelta(days=1)


TRENDS: Final = (
    Question(
        "spreading",
        "How often failures came and in how many jobs, beside the period of the same length before.",
        of("repository signature template count count_before jobs jobs_before"),
        ("-jobs", "-count", "repository", "signature"),
    ),
    Question(
        "last_run",
        "When each repository's last completed run of the period ended, and hours from then to its end.",
        of("repository time hours"),
        ("repository",),
    ),
    Question(
        "jobs_over_time",
        "Success rate, durations and wait of each job by time.",
        of("time repository workflow job success total success_rate p50_s p95_s queued_p50_s"),
        ("time", "repository", "workflow", "job"),
        options={"every": _DAY},
        filters=WITH_JOB,
    ),
    Question(
        "steps_over_time",
        "Durations by time of the `most_rows` steps that take the most time in all.",
        of("time repository workflow job name p50_s p95_s"),
        ("time", "repository", "workflow", "job", "name"),
        options={"every": _DAY, "most_rows": 10},
        filters=WITH_JOB,
    ),
    Question(
        "reports_over_time",
        "What came of the tests that reports tell of, by time; `flaky` are those that passed on a retry.",
        of("time repository workflow total passed failed errored skipped flaky"),
        ("time", "repository", "workflow"),
        options={"every": _DAY},
        filters=WITH_JOB,
    ),
    Question(
        "test_history",
        "The newest `most_rows` results of `test` with the commits that were tested; ask for one test.",
        of("time repository workflow job branch suite test outcome duration_s head_sha message url"),
        ("time", "repository", "workflow", "job", "branch", "suite", "test", "outcome", "message"),
        options={"most_rows": 200, "server_url": GITHUB},
        filters=(*WITH_JOB, "test"),
    ),
    Question(
        "failures_over_time",
        "How often the `most_rows` most common failures came, by time; `template` is the last one's.",
        of("time repository signature template count"),
        ("time", "repository", "signature"),
        options={"every": _DAY, "most_rows": 10},
        filters=WITH_JOB,
    ),
    Question(
        "runners",
        "What runs on which runners, whatever came of it, and how long those that count waited for one.",
        of("repository workflow runner jobs minutes queued_p50_s queued_p95_s"),
        ("repository", "workflow", "runner"),
        filters=WITH_JOB,
    ),
    Question(
        "runners_over_time",
        "Minutes used on each kind of runner and the wait for one, by time.",
        of("time repository runner jobs minutes queued_p50_s"),
        ("time", "repository", "runner"),
        options={"every": _DAY},
        filters=WITH_JOB,
    ),
    Question(
        "waste",
        "Minutes used for nothing: by executions that flaked and were repeated, by cancelled ones and by jobs "
        "that an earlier attempt executed (one may be several of these); and minutes waited for runners.",
        of("repository workflow minutes flaked_minutes cancelled_minutes repeated_minutes waiting_minutes"),
        ("repository", "workflow"),
    ),
)
