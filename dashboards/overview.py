"""The first screen: what should be fixed first, and how things stand against the period before."""

from typing import Final

from dashboards import thresholds as limit
from dashboards.alert_texts import hours, seconds
from dashboards.breaks import broken
from dashboards.comparison import against_before
from dashboards.findings import to_do
from dashboards.flux import asked, of_job, series, shown
from dashboards.links import to_actions, to_address, to_page
from dashboards.looks import COUNT, MINUTES, RATE, SECONDS, Look
from dashboards.page import Page
from dashboards.panels import AnyPanel, chart, figures, rows

_FIGURES: Final = {
    "run_success_rate": Look("Runs that succeed", RATE),
    "job_success_rate": Look("Jobs that succeed", RATE),
    "p50_s": Look("Run time, p50", SECONDS),
    "p95_s": Look("Run time, p95", SECONDS),
    "queued_p50_s": Look("Wait, p50", SECONDS),
    "minutes": Look("Runner minutes", MINUTES),
    "wasted_minutes": Look("Wasted on flakes", MINUTES),
    "flaky_tests": Look("Flaky tests", COUNT),
    "flaky_jobs": Look("Flaky jobs", COUNT),
}
# The limits are those of the alerts.
_ETL_STATE: Final = f"""map(
        fn: (r) =>
            ({{r with
                state:
                    if int(v: stop) - int(v: r.time) > {seconds(limit.MAX_SYNC_AGE)} * 1000000000 then
                        "late"
                    else if r.status != "ok" then
                        "failed"
                    else if exists r.rejected and r.rejected > {limit.MAX_REJECTED} then
                        "rejected"
                    else if exists r.lag_s and r.lag_s > {seconds(limit.MAX_LAG)}.0 then
                        "behind"
                    else if exists r.outbox and r.outbox > {limit.MAX_OUTBOX} then
                        "waiting"
                    else
                        "ok",
            }}),
    )"""


def page() -> Page:
    """The overview."""
    return Page(
        "overview",
        "CI health: overview",
        "How often CI succeeds, how long it takes, what it wastes, and what should be fixed first.",
        (to_do(), *_state(), *_over_time(), *_lists(), _categories(), _etl()),
    )


def _state() -> tuple[AnyPanel, ...]:
    kept = ", ".join(f'"{name}"' for name in _FIGURES)
    return (
        figures(
            "This time range",
            "Rates are of attempts and executions that succeeded, failed or timed out; the rest count nowhere. "
            "Wasted are the minutes of executions that failed and passed when they were repeated.",
            asked("overview", f"keep(columns: [{kept}])"),
            _FIGURES,
        ),
        against_before(),
    )


def _over_time() -> tuple[AnyPanel, ...]:
    return (
        broken(),
        chart(
            "Success rate of workflows",
            "Attempts that succeeded, of those that count, in each window.",
            {"A": asked("success_over_time", *series("success_rate", "repository", "workflow"))},
            RATE,
            name="${__field.labels.workflow}",
            span=24,
        ),
    )


def _lists() -> tuple[AnyPanel, ...]:
    workflows = "repository workflow total success_rate p50_s p95_s minutes"
    jobs = "repository workflow job total success_rate p50_s p95_s minutes"
    flaky = "repository workflow job test evidence flakes flake_rate state"
    failures = "repository template count share jobs tests last_seen"
    return (
        rows(
            "Least reliable workflows",
            "By success rate of attempts.",
            asked("workflows", *shown(workflows, "success_rate", most=20, desc=False)),
            workflows,
            links={"workflow": (to_page("workflow"), to_actions())},
            span=12,
        ),
        rows(
            "Least reliable jobs",
            "By success rate of executions.",
            asked("jobs", of_job(), *shown(jobs, "success_rate", most=20, desc=False)),
            jobs,
            links={"job": (to_page("job"), to_actions()), "workflow": (to_page("workflow"),)},
            span=12,
        ),
        rows(
            "Flakiest tests",
            "Tests that are proven or suspected to be flaky, the surest first.",
            asked(
                "flaky",
                'filter(fn: (r) => r.level == "test")',
                of_job(),
                *shown(f"{flaky} score failed_url", "score flakes", most=20),
            ),
            flaky,
            links={"test": (to_page("test"), to_address("failed_url")), "job": (to_page("job"),)},
            hidden="score failed_url",
            span=12,
        ),
        rows(
            "Most common failures",
            "Failure messages that are alike but for what varies, by how often they came.",
            asked("failures", *shown(f"{failures} url", "count", most=20)),
            failures,
            links={"template": (to_address(),)},
            hidden="url",
            span=12,
        ),
    )


def _categories() -> AnyPanel:
    columns = "repository category count share jobs"
    return rows(
        "Failures by category",
        "What is the code's fault, and what the network's, a registry's or a runner's: shares of all failures.",
        asked("categories", *shown(columns, "count", most=20)),
        columns,
        links={"repository": (to_actions(),)},
        height=6,
    )


def _etl() -> AnyPanel:
    columns = "repository state time status lag_s rate_limit_remaining requests runs points rejected outbox"
    return rows(
        "State of the ETL",
        "The last sync of each repository, and the worst that is to be said of it at the end of this time range: "
        f"late (longer ago than {hours(limit.MAX_SYNC_AGE)}), failed, rejected (points that the store refused), "
        f"behind (data ends {hours(limit.MAX_LAG)} before the sync), waiting (more than {limit.MAX_OUTBOX:,} points "
        "in the outbox), ok.",
        asked("etl_status", _ETL_STATE, *shown(columns, "time", most=50, desc=False), names=("repository",)),
        columns,
        links={"repository": (to_actions(),)},
        height=6,
    )
