"""One level each: a workflow, its jobs, a test."""

from typing import Final

from dashboards.breaks import broken, repaired
from dashboards.comparison import against_before
from dashboards.findings import better, worse
from dashboards.flux import CHOSEN, asked, of_job, series, shown
from dashboards.links import to_actions, to_address, to_page
from dashboards.looks import BLUE, ORANGE, RATE, SECONDS, VERMILION
from dashboards.page import Page
from dashboards.panels import chart, rows

_JOB: Final = "${__field.labels.job}"
_WORKFLOWS: Final = "repository workflow total success_rate job_success_rate p50_s p95_s queued_p50_s minutes"
_JOBS: Final = "repository workflow job total success_rate p50_s p95_s queued_p50_s minutes"
_SLOW: Final = "repository level workflow job name p50_s p95_s p95_s_before minutes"
_TESTS: Final = (
    "repository workflow job suite test runs failures failures_before failure_rate mean_s last_failure state"
)
_FLAKES: Final = (
    "repository workflow job suite test evidence probability flakes runs flake_rate commits state first_seen "
    "last_seen message"
)
_HISTORY: Final = "time repository workflow job branch suite test outcome duration_s head_sha message"


def workflow() -> Page:
    """How workflows do, and which of their jobs make them so."""
    return Page(
        "workflow",
        "CI health: workflow",
        "How a workflow does over time, and which of its jobs cost time and reliability.",
        (
            rows(
                "Workflows", "Rates and percentiles are of attempts that count, minutes of all jobs.",
                asked("workflows", *shown(_WORKFLOWS, "minutes", most=50)), _WORKFLOWS,
                links={"workflow": (to_page("workflow"), to_actions())}, height=7,
            ),
            chart(
                "Success rate", "Attempts that succeeded, of those that count, in each window.",
                {"A": asked("success_over_time", *series("success_rate", "repository", "workflow"))},
                RATE, name="${__field.labels.workflow}",
            ),
            chart(
                "Duration: p50 and p95",
                "From an attempt's start to its last job's end, of attempts that count.",
                {
                    f"{q} ${{__field.labels.workflow}}": asked(
                        "success_over_time", *series(f"{q}_s", "repository", "workflow")
                    )
                    for q in ("p50", "p95")
                },
                SECONDS,
            ),
            against_before(),
            worse("What got worse"),
            better("What got better"),
            rows(
                "Jobs", "Executions of each job, the least reliable first.",
                asked("jobs", of_job(), *shown(_JOBS, "success_rate", most=100, desc=False)), _JOBS,
                links={"job": (to_page("job"), to_actions())},
            ),
            chart(
                "Duration of jobs: p50", "Median of executions that count, in each window.",
                {"A": asked("jobs_over_time", *series("p50_s", "repository", "workflow", "job"))},
                SECONDS, name=_JOB,
            ),
            chart(
                "Success rate of jobs", "Executions that succeeded, of those that count, in each window.",
                {"A": asked("jobs_over_time", *series("success_rate", "repository", "workflow", "job"))},
                RATE, name=_JOB,
            ),
            broken(),
            repaired(),
            rows(
                "What takes the most time", "Jobs and steps by the time they take in all; tests stand with their job.",
                asked("slow", *shown(_SLOW, "minutes", most=40), with_tests=False), _SLOW,
                links={"job": (to_page("job"), to_actions())},
            ),
        ),
    )  # fmt: skip


def job() -> Page:
    """The jobs of a matrix side by side, their steps and their waits."""
    return Page(
        "job",
        "CI health: job",
        "Jobs side by side: choose all jobs of a matrix above to compare them. Their steps, and their waits.",
        (
            rows(
                "Jobs side by side", "Executions of each job, the slowest first.",
                asked("jobs", of_job(), *shown(_JOBS, "p95_s", most=100)), _JOBS,
                links={"job": (to_page("job"), to_actions()), "workflow": (to_page("workflow"),)},
            ),
            worse("What got worse"),
            better("What got better"),
            chart(
                "Duration: p50", "Median of executions that count, in each window.",
                {"A": asked("jobs_over_time", *series("p50_s", "repository", "workflow", "job"))},
                SECONDS, name=_JOB,
            ),
            chart(
                "Duration: p95", "95th percentile of executions that count, in each window.",
                {"A": asked("jobs_over_time", *series("p95_s", "repository", "workflow", "job"))},
                SECONDS, name=_JOB,
            ),
            chart(
                "Success rate", "Executions that succeeded, of those that count, in each window.",
                {"A": asked("jobs_over_time", *series("success_rate", "repository", "workflow", "job"))},
                RATE, name=_JOB,
            ),
            chart(
                "Wait for a runner: p50", "From a job's creation to its start, by the labels it asked for.",
                {"A": asked("runners_over_time", *series("queued_p50_s", "repository", "runner"))},
                SECONDS, name="${__field.labels.runner}",
            ),
            chart(
                "Slowest steps: p50", "The ten steps that take the most time in all.",
                {"A": asked("steps_over_time", *series("p50_s", "repository", "workflow", "job", "name"))},
                SECONDS, name="${__field.labels.job}: ${__field.labels.name}", span=24,
            ),
            rows(
                "Tests that failed",
                "Tests of these jobs, those that failed most often first; before is the period of the same length.",
                asked("tests", of_job(), *shown(_TESTS, "failures", most=100)), _TESTS,
                links={"test": (to_page("test"), to_actions())},
            ),
            rows(
                "What takes the most time", "These jobs, their steps and tests by the time they take in all.",
                asked("slow", *shown(_SLOW, "minutes", most=60)), _SLOW,
                links={"job": (to_page("job"), to_actions())},
            ),
        ),
    )  # fmt: skip


def test() -> Page:
    """One test's results."""
    names = (*CHOSEN, "test")
    wanted = "filter(fn: (r) => r.test =~ tests_asked)"
    colours = {"passed": BLUE, "failed": VERMILION, "error": ORANGE}
    return Page(
        "test",
        "CI health: test",
        "One test: what came of it commit by commit, how long it took, what it said and where it flakes.",
        (
            rows(
                "Outcomes by commit", "The newest 200 results, each with the commit that was tested.",
                asked("test_history", *shown(f"{_HISTORY} url", "time", most=200), names=names), _HISTORY,
                links={"outcome": (to_address(),), "job": (to_page("job"),)}, hidden="url", height=12,
            ),
            chart(
                "Duration", "Seconds that each of the newest 200 results took.",
                {
                    outcome: asked(
                        "test_history", f'filter(fn: (r) => r.outcome == "{outcome}" and exists r.duration_s)',
                        *series("duration_s", "job", "suite", "outcome"), names=names,
                    )
                    for outcome in colours
                },
                SECONDS, colours=tuple(colours.values()), span=24,
            ),
            rows(
                "Failures", "How often the test failed in each job, beside the period of the same length before.",
                asked("tests", of_job(), wanted, *shown(_TESTS, "failures", most=50), names=names), _TESTS,
                links={"job": (to_page("job"), to_actions())}, height=6,
            ),
            rows(
                "Where it flakes", "Jobs in which it failed and passed on the same commit, or is suspected to be flaky.",
                asked(
                    "flaky", 'filter(fn: (r) => r.level == "test")', of_job(), wanted,
                    *shown(f"{_FLAKES} failed_url passed_url", "flakes", most=50), names=names,
                ),
                _FLAKES,
                links={"flakes": (to_address("failed_url"), to_address("passed_url")), "job": (to_page("job"),)},
                hidden="failed_url passed_url", height=6,
            ),
        ),
        variables=names,
    )  # fmt: skip
