"""The questions as data: their parameters, columns and order.

Definitions for all questions:

- `success`, `total` and every rate, duration and percentile are over executions whose conclusion
  counts (`schema.COUNTED`); a rate or percentile of none is null. Percentiles are exact, with
  linear interpolation.
- `runs` and `jobs` of the overview count every completed attempt and every job, whatever the
  conclusion; `minutes` is the sum of all jobs' durations, whatever the conclusion, in minutes.
- `p50_s`, `p95_s` and `queued_p50_s` are of jobs if a row is a job, otherwise of attempts of runs.
- A test's `runs` are its results other than skipped, a job's its executions that count; `failures`
  are results that failed or ended in an error. A test of a job without reports, which annotations
  tell of, ran whenever its job did, and passed whenever that succeeded. Where only failing results
  are stored (`tests.points: failed`) these are all the runs there are: rates are then 1, states
  `broken`.
- `flakes` are failing results with evidence; points of one failing result, of whatever kind of
  evidence, have the same time and count once. Of what is suspected they are the failures that its
  history takes for flakes, at most those of the period. `flake_rate`, between `rate_low` and `rate_high`
  (95 %), is estimated from all results of the finding, whatever the branch; without a finding it is
  `flakes` of `runs`, and null where fewer runs than flakes are stored. `score` is the Wilson score's
  lower bound (95 %) of this rate over `runs`.
- `broken` is what ran in the last 7 days before `stop` and failed each time, wherever `start` is.
- Times are whole seconds: what points have below a second only keeps them apart.
"""

from datetime import timedelta
from typing import Final

from etl.errors import ConfigurationError
from etl.queries.columns import Column, Type, of
from etl.queries.findings import FINDINGS
from etl.queries.question import GITHUB, USUAL, WITH_JOB, Question
from etl.queries.runs import RUNS
from etl.queries.trends import TRENDS


def question(name: str) -> Question:
    """The question with this name; ConfigurationError if there is none."""
    if name not in QUESTIONS:
        raise ConfigurationError(f"no such question: {name!r}; there are {', '.join(sorted(QUESTIONS))}")
    return QUESTIONS[name]


_OVERVIEW: Final = of(
    "runs jobs run_success_rate job_success_rate p50_s p95_s queued_p50_s minutes wasted_minutes "
    "flaky_tests flaky_jobs"
)

# What is unknown of tests, and what is a count of results elsewhere.
_FLAKY_TYPES: Final = {
    "wasted_minutes": Column("wasted_minutes", Type.MEASURED),
    "evidence": Column("evidence", Type.TEXT),
}

# Upper bounds of the histograms of durations, in seconds.
BOUNDS: Final = (5, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600)

QUESTIONS: Final = {
    asked.name: asked
    for asked in (
        *TRENDS,
        *RUNS,
        *FINDINGS,
        Question(
            "overview",
            "Everything in one row, each value also for the period of the same length before; null or 0 there where the "
            "store has no run as old as that period.",
            (*_OVERVIEW, *(Column(f"{c.name}_before", c.type) for c in _OVERVIEW)),
            single=True,
        ),
        Question(
            "workflows",
            "How often each workflow succeeds, and how long it takes.",
            of(
                "repository workflow success total success_rate job_success_rate p50_s p95_s queued_p50_s minutes"
            ),
            ("repository", "workflow"),
        ),
        Question(
            "jobs",
            "How often each job succeeds, and how long it takes.",
            of(
                "repository workflow job job_group success total success_rate p50_s p95_s queued_p50_s minutes"
            ),
            ("repository", "workflow", "job", "job_group"),
        ),
        Question(
            "tests",
            "Tests that failed, also in the period of the same length before; `state` is `broken`, `flaky` "
            "(evidence in the last 14 days), `passing` (since its last failure), `failing` (in the last 7 days, "
            "without a pass since) or `quiet` (no pass since a failure that is older).",
            of(
                "repository workflow job suite test runs failures failures_before failure_rate mean_s "
                "last_failure state"
            ),
            ("repository", "workflow", "job", "suite", "test"),
        ),
        Question(
            "flaky",
            "Tests and jobs that are flaky, the surest first: `evidence` is `proven` where one commit failed and passed "
            "in the period, `suspected` where only the history says so, with its `probability`. `suite` and `test` are "
            "null for jobs, the links are to the last evidence; `state` is `broken`, `flaky` (its finding lasts, or there "
            "was evidence in the last 14 days) or `quiet`.",
            tuple(
                _FLAKY_TYPES.get(column.name, column)
                for column in of(
                    "repository level workflow job suite test evidence probability flakes runs flake_rate rate_low "
                    "rate_high score commits state first_seen last_seen wasted_minutes message failed_url passed_url"
                )
            ),
            ("-score", "-flakes", "repository", "level", "workflow", "job", "suite", "test"),
            options={"server_url": GITHUB},
        ),
        Question(
            "slow",
            "What takes the most time: `most_rows` jobs, steps and (`with_tests`) tests each, by `minutes` in "
            "all; the name of a test has its suite before `::`.",
            of("repository level workflow job name p50_s p95_s p95_s_before minutes"),
            ("-minutes", "repository", "level", "workflow", "job", "name"),
            options={"most_rows": 20, "with_tests": True},
            filters=WITH_JOB,
        ),
        Question(
            "broken",
            "Workflows (`job` is null), jobs and tests that are broken now, the longest first, or were in the period, "
            "on the default branch and others with a `branch` tag of their own: findings, so that red that flakes "
            "explain is none. Of several breaks the last; `between` are other commits that may have begun it, joined by "
            "`,`, `hours` is null of one that has ended, `mean_hours_to_repair` is of all that were repaired. `url` is of what "
            "changed between the last good commit and the first bad one.",
            of(
                "repository level workflow job suite test branch since until last_good_sha first_bad_sha between "
                "repaired_sha hours hours_to_repair mean_hours_to_repair evidence probability url"
            ),
            ("-hours", "repository", "workflow", "job", "suite", "test", "branch"),
            options={"server_url": GITHUB},
        ),
        Question(
            "failures",
            "The most common failures; `share` is of all failures asked for, `message`, `template` and "
            "`url` are of the last one, `category` is that of most of them, `server_url` is where GitHub's pages are.",
            of(
                "repository signature template count share jobs tests first_seen last_seen message url category"
            ),
            ("-count", "repository", "signature"),
            options={"server_url": GITHUB},
            filters=(*USUAL, "category"),
        ),
        Question(
            "categories",
            "How many failures are of which category, and their share of all failures asked for: what is no code's "
            "fault is seen here.",
            of("repository category count share jobs"),
            ("-count", "repository", "category"),
            filters=WITH_JOB,
        ),
        Question(
            "success_over_time",
            "Success rate and durations of each workflow by time; `every` is a multiple of seconds, "
            "`time` the start of its window, counted from the Unix epoch.",
            of("time repository workflow success total success_rate p50_s p95_s"),
            ("time", "repository", "workflow"),
            options={"every": timedelta(days=1)},
        ),
        Question(
            "durations",
            "How long executions that count took (`measure` is `duration`) or waited (`queued`): how many in "
            "all, how many up to each bound, and their sum; of workflows (`job_group` is null) and of groups "
            "of jobs.",
            (
                *of("repository workflow job_group measure count sum_s"),
                *(Column(f"le_{bound}", Type.COUNT) for bound in BOUNDS),
            ),
            ("repository", "workflow", "job_group", "measure"),
        ),
        Question(
            "histories",
            "Executions of workflows (`level` is `workflow`) and jobs that count, which findings rest on.",
            of(
                "level repository workflow job branch attempt conclusion runner time run_id job_id head_sha "
                "head_branch duration_s queued_s"
            ),
            (
                "repository",
                "level",
                "workflow",
                "job",
                "run_id",
                "attempt",
                "time",
                "job_id",
                "branch",
                "conclusion",
                "runner",
            ),
            filters=("repository",),
        ),
        Question(
            "test_results",
            "All results of tests that failed in the period, which findings rest on.",
            of("repository workflow job suite test outcome time job_id"),
            ("repository", "workflow", "job", "suite", "test", "job_id", "time", "outcome"),
            filters=("repository",),
        ),
        Question(
            "failing_reports",
            "Jobs whose reports have failures, with the number of their tests: in an outage most of them fail, and "
            "findings of tests do not rest on it.",
            of("repository workflow job job_id total failed errored skipped"),
            ("repository", "workflow", "job", "job_id", "total", "failed", "errored", "skipped"),
            filters=("repository",),
        ),
        Question(
            "stored",
            "Which attempts of runs (`job_id` is 0) and which jobs are stored, by GitHub's ids: what "
            "`ci-health verify` holds against GitHub. Those of other CIs have negative ids.",
            of("repository workflow branch attempt run_id job_id"),
            ("repository", "run_id", "attempt", "job_id", "workflow", "branch"),
            filters=("repository",),
        ),
        Question(
            "ingested",
            "Jobs of other CIs that are stored, by workflow: what `ci-health backfill --replace` could not write again.",
            of("repository workflow jobs first_seen last_seen"),
            ("repository", "workflow"),
            filters=("repository",),
        ),
        Question(
            "etl_status",
            "The last sync of each repository; values are the last known ones.",
            of("repository time status requests rate_limit_remaining runs points rejected outbox lag_s"),
            ("repository",),
            filters=("repository",),
        ),
    )
}
