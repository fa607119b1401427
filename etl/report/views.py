"""The views of all questions: their columns, in order.

The terminal, the machine formats and the HTML report all use them. A new question needs a `View` here and
nothing else in this folder.
"""

from typing import Any, Final

from etl.queries.catalogue import BOUNDS
from etl.report.columns import Better, Column, of
from etl.report.findings import readable
from etl.report.formats import Kind
from etl.report.things import failing_tests, flaky_tests, found_tests
from etl.report.view import View

_CLOSEST: Final = {"foldable": False}
_FOLDED: Final = {"foldable": True}
_ALWAYS: Final = {"narrowest": 0}
_MACHINES_ONLY: Final = {"narrowest": None}


def _headline(title: str, better: Better = Better.NEITHER) -> dict[str, Any]:
    """A figure of the overview, which has room for a longer title."""
    return {"title": title, "better": better, **_ALWAYS}


def _findings(question: str, title: str, noun: str) -> View:
    columns = of(
        "repository kind level workflow job suite name branch since until since_sha last_before_sha between url size low high "
        "level_before level_after probability evidence proven sure cost_minutes repaired_sha hours",
        job=_FOLDED,
        kind=_FOLDED,
        level={"narrowest": 160},
        suite={"narrowest": 180, **_FOLDED},
        name={"title": "Test", **_FOLDED},
        branch={"narrowest": 150, **_FOLDED},
        until={"narrowest": 140, **_FOLDED},
        since_sha={"narrowest": 100},
        level_before={"narrowest": 110},
        **dict.fromkeys(("low", "high", "probability", "evidence", "proven"), _MACHINES_ONLY),
        cost_minutes={"title": "Min a week"},
        hours={"title": "Repair", "narrowest": 140, **_FOLDED},
        repaired_sha=_FOLDED,
    )
    return View(question, title, noun, columns, readable=readable, things=found_tests)


OVERVIEW: Final = View(
    "overview",
    "CI health",
    "runs",
    of(
        "runs jobs run_success_rate job_success_rate p50_s p95_s queued_p50_s minutes wasted_minutes "
        "flaky_tests flaky_jobs",
        runs=_headline("Runs"),
        jobs=_headline("Jobs"),
        run_success_rate=_headline("Runs that succeed", Better.HIGHER),
        job_success_rate=_headline("Jobs that succeed", Better.HIGHER),
        p50_s=_headline("Run time, median", Better.LOWER),
        p95_s=_headline("Run time, p95", Better.LOWER),
        queued_p50_s=_headline("Time in queue, median", Better.LOWER),
        minutes=_headline("Runner minutes"),
        wasted_minutes=_headline("Minutes wasted on flakes", Better.LOWER),
        flaky_tests=_headline("Flaky tests", Better.LOWER),
        flaky_jobs=_headline("Flaky jobs", Better.LOWER),
    ),
    single=True,
)
SUCCESS_OVER_TIME: Final = View(
    "success_over_time",
    "Success over time",
    "workflow runs",
    of("time repository workflow success total success_rate p50_s p95_s"),
)

_VIEWS: Final = (
    OVERVIEW,
    _findings("findings", "Findings", "findings"),
    _findings("worse", "What got worse", "findings of what got worse"),
    _findings("better", "What got better", "findings of what got better"),
    View(
        "workflows",
        "Workflows",
        "workflow runs",
        of(
            "repository workflow success total success_rate job_success_rate p50_s p95_s queued_p50_s minutes",
            workflow=_CLOSEST,
        ),
    ),
    View(
        "jobs",
        "Jobs",
        "jobs",
        of("repository workflow job job_group success total success_rate p50_s p95_s queued_p50_s minutes"),
    ),
    View(
        "tests",
        "Tests that failed",
        "failing tests",
        of(
            "repository workflow job suite test runs failures failures_before failure_rate mean_s last_failure "
            "state",
            job=_FOLDED,
            suite={"narrowest": 140},
            mean_s={"narrowest": 120},
            last_failure={"narrowest": 100},
        ),
        things=failing_tests,
    ),
    View(
        "flaky",
        "Flaky tests and jobs",
        "flakes",
        of(
            "repository level workflow job suite test evidence probability flakes runs flake_rate rate_low rate_high "
            "score commits state first_seen last_seen wasted_minutes message failed_url passed_url",
            level={"narrowest": 100},
            job=_FOLDED,
            evidence={"title": "Evidence", "kind": Kind.TEXT, "narrowest": 65},
            rate_low=_MACHINES_ONLY,
            rate_high=_MACHINES_ONLY,
            score=_MACHINES_ONLY,
            commits=_MACHINES_ONLY,
        ),
        things=flaky_tests,
    ),
    _findings("newly_flaky", "Newly flaky tests and jobs", "new flakes"),
    View(
        "failures",
        "Most common failures",
        "failure messages",
        of(
            "repository signature template count share jobs tests first_seen last_seen message url category",
            category={"narrowest": 80},
            first_seen={"narrowest": 100},
            last_seen={"narrowest": 65},
            message={"title": "Example", "narrowest": None},
        ),
    ),
    View(
        "categories",
        "Failures by category",
        "failure messages",
        of("repository category count share jobs", category=_CLOSEST),
    ),
    View(
        "spreading",
        "Failures and how far they spread",
        "failure messages",
        of("repository signature template count count_before jobs jobs_before"),
    ),
    View(
        "slow",
        "Slowest jobs, steps and tests",
        "durations",
        of(
            "repository level workflow job name p50_s p95_s p95_s_before minutes",
            job=_FOLDED,
            p50_s={"narrowest": 100},
            minutes=_ALWAYS,
        ),
    ),
    View(
        "broken",
        "Broken workflows, jobs and tests",
        "breaks",
        of(
            "repository level workflow job suite test branch since until last_good_sha first_bad_sha between "
            "repaired_sha hours hours_to_repair mean_hours_to_repair evidence probability url",
            job=_FOLDED,
            level={"narrowest": 160},
            suite={"narrowest": 180, **_FOLDED},
            test=_FOLDED,
            until={"narrowest": 140, **_FOLDED},
            repaired_sha=_FOLDED,
            **dict.fromkeys(("evidence", "probability"), _MACHINES_ONLY),
        ),
    ),
    View(
        "waste",
        "Minutes used for nothing",
        "jobs",
        of(
            "repository workflow minutes flaked_minutes cancelled_minutes repeated_minutes waiting_minutes",
            workflow=_CLOSEST,
            minutes=_ALWAYS,
        ),
    ),
    View(
        "runners",
        "Runners",
        "jobs",
        of(
            "repository workflow runner jobs minutes queued_p50_s queued_p95_s",
            minutes=_ALWAYS,
            queued_p50_s={"title": "Queued p50", **_ALWAYS},
        ),
    ),
    View(
        "test_history",
        "Results of a test",
        "results",
        of(
            "time repository workflow job branch suite test outcome duration_s head_sha message url",
            time={"title": "Time"},
            job=_FOLDED,
            suite=_FOLDED,
            test=_FOLDED,
            message={"narrowest": 110},
        ),
    ),
    View(
        "histories",
        "Executions",
        "executions",
        of(
            "level repository workflow job branch attempt conclusion runner time run_id job_id head_sha "
            "head_branch duration_s queued_s",
            job=_FOLDED,
            time={"title": "Time"},
        ),
    ),
    View(
        "test_results",
        "Results of tests that failed",
        "results",
        of("repository workflow job suite test outcome time job_id", job=_FOLDED, time={"title": "Time"}),
    ),
    View(
        "failing_reports",
        "Jobs whose reports have failures",
        "jobs",
        of("repository workflow job job_id total failed errored skipped", job=_FOLDED),
    ),
    View(
        "stored",
        "Attempts and jobs in the store",
        "attempts",
        of("repository workflow branch attempt run_id job_id", repository=_CLOSEST),
    ),
    View(
        "attempts",
        "Attempts of runs",
        "runs",
        of(
            "time repository workflow branch head_branch event attempt conclusion run_id head_sha actor jobs "
            "duration_s url",
            time={"title": "Time"},
        ),
    ),
    View(
        "executions",
        "Executions of jobs",
        "jobs",
        of(
            "time repository workflow job job_group branch attempt conclusion job_id run_id head_sha url",
            time={"title": "Time"},
        ),
    ),
    View(
        "results",
        "Results of tests",
        "results",
        of(
            "time repository workflow job job_group branch suite test outcome job_id message",
            time={"title": "Time"},
        ),
    ),
    View(
        "latest_executions",
        "Newest executions of jobs",
        "jobs",
        of(
            "time repository workflow job job_group branch attempt conclusion job_id run_id head_sha url",
            time={"title": "Time"},
        ),
    ),
    View(
        "latest_results",
        "Newest results of tests that failed",
        "results",
        of("time repository workflow job branch suite test outcome job_id", time={"title": "Time"}),
    ),
    View(
        "messages",
        "Failure messages",
        "failure messages",
        of(
            "time repository workflow job job_group branch category signature test path message job_id run_id attempt",
            time={"title": "Time"},
            message={"narrowest": 0},
        ),
    ),
    View(
        "latest_messages",
        "Newest failure messages",
        "failure messages",
        of(
            "time repository workflow job branch category signature test path message url count",
            time={"title": "Time"},
            message={"narrowest": 0},
        ),
    ),
    View(
        "last_run",
        "Last completed runs",
        "runs",
        of("repository time hours", repository=_CLOSEST, time={"title": "Time"}, hours={"title": "Ago"}),
    ),
    SUCCESS_OVER_TIME,
    View(
        "jobs_over_time",
        "Jobs over time",
        "jobs",
        of("time repository workflow job success total success_rate p50_s p95_s queued_p50_s", job=_FOLDED),
    ),
    View(
        "steps_over_time",
        "Slowest steps over time",
        "steps",
        of("time repository workflow job name p50_s p95_s", job=_FOLDED),
    ),
    View(
        "reports_over_time",
        "Results of tests over time",
        "test reports",
        of("time repository workflow total passed failed errored skipped flaky"),
    ),
    View(
        "failures_over_time",
        "Most common failures over time",
        "failure messages",
        of("time repository signature template count"),
    ),
    View(
        "runners_over_time",
        "Runners over time",
        "jobs",
        of("time repository runner jobs minutes queued_p50_s", minutes=_ALWAYS, queued_p50_s=_ALWAYS),
    ),
    View(
        "durations",
        "How long executions took and waited",
        "executions",
        (
            *of("repository workflow job_group measure count sum_s", job_group={"narrowest": 0}),
            *(Column(f"le_{bound}", f"≤ {bound} s", Kind.COUNT, narrowest=None) for bound in BOUNDS),
        ),
    ),
    View(
        "ingested",
        "Results of other CIs",
        "jobs",
        of("repository workflow jobs first_seen last_seen", repository=_CLOSEST),
    ),
    View(
        "etl_status",
        "Last syncs",
        "syncs",
        of(
            "repository time status requests rate_limit_remaining runs points rejected outbox lag_s",
            repository=_CLOSEST,
            time={"title": "Time"},
            runs=_ALWAYS,
        ),
    ),
)
VIEWS: Final = {view.question: view for view in _VIEWS}
