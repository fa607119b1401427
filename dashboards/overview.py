"""The first screen: what should be fixed first, and how things stand against the period before."""

from typing import Final

from dashboards.flux import asked, of_job, series, shown
from dashboards.links import to_actions, to_address, to_commit, to_page
from dashboards.looks import COUNT, MINUTES, RATE, SECONDS, Look
from dashboards.page import Page
from dashboards.panels import AnyPanel, changes, chart, figures, rows

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
_POINTS: Final = "percentunit"
_CHANGES: Final = {
    "runs": (Look("Runs", _POINTS), 0),
    "run_success": (Look("Runs that succeed (points)", _POINTS), 1),
    "job_success": (Look("Jobs that succeed (points)", _POINTS), 1),
    "p50": (Look("Run time, p50", _POINTS), -1),
    "p95": (Look("Run time, p95", _POINTS), -1),
    "wait": (Look("Wait, p50", _POINTS), -1),
    "minutes": (Look("Runner minutes", MINUTES), 0),
    "wasted": (Look("Wasted on flakes", MINUTES), -1),
    "flaky_tests": (Look("Flaky tests", COUNT), -1),
    "flaky_jobs": (Look("Flaky jobs", COUNT), -1),
}
_COMPARED: Final = """map(
        fn: (r) =>
            ({
                runs: if r.runs_before > 0 then float(v: r.runs) / float(v: r.runs_before) - 1.0 else 0.0,
                run_success: r.run_success_rate - r.run_success_rate_before,
                job_success: r.job_success_rate - r.job_success_rate_before,
                p50: r.p50_s / r.p50_s_before - 1.0,
                p95: r.p95_s / r.p95_s_before - 1.0,
                wait: r.queued_p50_s / r.queued_p50_s_before - 1.0,
                minutes: r.minutes - r.minutes_before,
                wasted: r.wasted_minutes - r.wasted_minutes_before,
                flaky_tests: r.flaky_tests - r.flaky_tests_before,
                flaky_jobs: r.flaky_jobs - r.flaky_jobs_before,
            }),
    )"""

_BROKEN: Final = "repository workflow job branch since hours last_good_sha first_bad_sha mean_hours_to_repair"
_WORSE: Final = (
    "repository workflow job reason cost_minutes success_rate success_rate_before p50_s p50_s_before "
    "flakes flakes_before"
)


def page() -> Page:
    """The overview."""
    return Page(
        "overview",
        "CI health: overview",
        "How often CI succeeds, how long it takes, what it wastes, and what should be fixed first.",
        (*_state(), *_to_fix(), *_lists(), _etl()),
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


def worse(title: str) -> AnyPanel:
    """What got worse than in the period before, by what that costs."""
    return rows(
        title,
        "Jobs that got slower, less reliable or flakier than in the period before, by the minutes that "
        "costs: longer medians times executions, more failures times the median, more wasted minutes.",
        asked("worse", of_job(), *shown(_WORSE, "cost_minutes", most=20)),
        _WORSE,
        links={"job": (to_page("job"), to_actions()), "workflow": (to_page("workflow"),)},
    )


def broken() -> AnyPanel:
    """Since when workflows and jobs are broken."""
    return rows(
        "Broken since when",
        "Workflows (without a job) and jobs of branches with a name of their own that are broken now, or "
        "were and how long repairs took. A red that another attempt turned green is a flake, not a break.",
        asked("broken", *shown(f"{_BROKEN} url", "hours", most=50)),
        _BROKEN,
        links={
            "workflow": (to_page("workflow"), to_actions()),
            "job": (to_page("job"), to_actions()),
            "last_good_sha": (to_commit("last_good_sha"),),
            "first_bad_sha": (to_address(title="Show what changed on GitHub"),),
        },
        hidden="url",
    )


def against_before() -> AnyPanel:
    """The figures as changes."""
    return changes(
        "Against the period of the same length before",
        "Changes: of rates in percentage points, of durations in percent, of minutes and counts as they "
        "are. Blue is better, vermilion is worse.",
        asked("overview", _COMPARED),
        _CHANGES,
    )


def _to_fix() -> tuple[AnyPanel, ...]:
    return (
        worse("What to fix first: what got worse, by what it costs"),
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
    workflows = "repository workflow total success_rate p50_s p95_s queued_p50_s minutes"
    jobs = "repository workflow job total success_rate p50_s p95_s minutes"
    flaky = "repository workflow job test flakes flake_rate score state last_seen"
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
            "Tests that failed and passed on the same commit, the surest first.",
            asked(
                "flaky",
                'filter(fn: (r) => r.level == "test")',
                of_job(),
                *shown(f"{flaky} failed_url", "score flakes", most=20),
            ),
            flaky,
            links={"test": (to_page("test"), to_address("failed_url")), "job": (to_page("job"),)},
            hidden="failed_url",
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


def _etl() -> AnyPanel:
    columns = "repository time status lag_s rate_limit_remaining requests runs points rejected outbox"
    return rows(
        "State of the ETL",
        "The last sync of each repository: when, how far behind, what GitHub's rate limit leaves, what was rejected, what waits for the store.",
        asked("etl_status", *shown(columns, "time", most=50), names=("repository",)),
        columns,
        links={"repository": (to_actions(),)},
        height=6,
    )
