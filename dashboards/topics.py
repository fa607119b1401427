"""One topic each: flakes, failures, cost."""

from typing import Final

from dashboards.comparison import against_before
from dashboards.findings import newly_flaky
from dashboards.flux import asked, of_job, series, shown, summed
from dashboards.links import to_actions, to_address, to_page
from dashboards.looks import BLUE, COUNT, GREY, MINUTES, ORANGE, PURPLE, SECONDS, VERMILION
from dashboards.page import Page
from dashboards.panels import AnyPanel, chart, rows

_FLAKY: Final = (
    "repository workflow job suite test evidence probability flakes runs flake_rate state last_seen wasted_minutes "
    "message"
)
_NEW: Final = "repository level workflow job suite test confirmed_at"
_FAILURES: Final = (
    "repository signature category template count share jobs tests first_seen last_seen message"
)
_CATEGORIES: Final = "repository category count share jobs"
_SPREADING: Final = "repository signature template count count_before jobs jobs_before"
_RUNNERS: Final = "repository workflow runner jobs minutes queued_p50_s queued_p95_s"
_WASTE: Final = (
    "repository workflow minutes flaked_minutes cancelled_minutes repeated_minutes waiting_minutes"
)


def flaky() -> Page:
    """What flakes, how sure that is, since when and what it costs."""
    outcomes = {"passed": BLUE, "failed": VERMILION, "errored": ORANGE, "flaky": PURPLE, "skipped": GREY}
    return Page(
        "flaky",
        "CI health: flaky tests and jobs",
        "Tests and jobs that are proven or suspected to be flaky: how often, how sure, since when, at what cost.",
        (
            _flakes("test", "Flaky tests"),
            _flakes("job", "Flaky jobs"),
            newly_flaky(),
            chart(
                "Results of tests", "Results that reports hold; flaky are those that passed on a retry.",
                {name: asked("reports_over_time", *summed(name, "outcome")) for name in outcomes},
                COUNT, colours=tuple(outcomes.values()), bars=True, span=24,
            ),
        ),
    )  # fmt: skip


def _flakes(level: str, title: str) -> AnyPanel:
    of_level = f'filter(fn: (r) => r.level == "{level}")'
    columns = _FLAKY if level == "test" else _FLAKY.replace("suite test ", "")
    return rows(
        title,
        "The surest first. Proven ones failed and passed on the same commit; suspected ones keep failing among passes. "
        "Wasted are the minutes of executions that were repeated, known of jobs alone.",
        asked(
            "flaky",
            of_level,
            of_job(),
            *shown(f"{columns} score failed_url passed_url", "score flakes", most=100),
        ),
        columns,
        links={
            "flakes": (to_address("failed_url"), to_address("passed_url")),
            "job": (to_page("job"),),
            "test": (to_page("test"),),
        },
        hidden="score failed_url passed_url",
    )


def failures() -> Page:
    """Failures that are alike, when and where they come."""
    return Page(
        "failures",
        "CI health: failures",
        "Failure messages grouped by what does not vary: how often, since when, in which jobs.",
        (
            chart(
                "The ten most common failures", "How often each came in each window.",
                {"A": asked("failures_over_time", *series("count", "repository", "template"))},
                COUNT, name="${__field.labels.template}", bars=True, span=24, height=10,
            ),
            rows(
                "By category", "What is the code's fault, and what the network's, a registry's or a runner's.",
                asked("categories", *shown(_CATEGORIES, "count", most=50)), _CATEGORIES,
                links={"repository": (to_actions(),)}, height=8,
            ),
            rows(
                "Clusters", "Messages that are alike but for what varies; example and link are of the last one.",
                asked("failures", *shown(f"{_FAILURES} url", "count", most=200)), _FAILURES,
                links={"template": (to_address(),)}, hidden="url", height=12,
            ),
            rows(
                "Where they spread", "In how many jobs each came, beside the period of the same length before.",
                asked("spreading", *shown(_SPREADING, "jobs count", most=50)), _SPREADING,
                links={"repository": (to_actions(),)},
            ),
        ),
    )  # fmt: skip


def cost() -> Page:
    """Minutes: where they go, and which were for nothing."""
    return Page(
        "cost",
        "CI health: cost and time",
        "Where runners' minutes go, which of them were for nothing, and how long jobs wait.",
        (
            against_before(),
            rows(
                "Minutes for nothing",
                "By executions that flaked and were repeated, by cancelled ones, by jobs that ran in an earlier attempt; "
                "one execution may be several of these. Waited is the time of all jobs in queues.",
                asked("waste", *shown(_WASTE, "minutes", most=100)), _WASTE,
                links={"workflow": (to_page("workflow"), to_actions())},
            ),
            chart(
                "Minutes by runner", "Of all jobs, whatever came of them, by the labels they asked for.",
                {"A": asked("runners_over_time", *series("minutes", "repository", "runner"))},
                MINUTES, name="${__field.labels.runner}", bars=True,
            ),
            chart(
                "Wait for a runner: p50", "From a job's creation to its start, by the labels it asked for.",
                {"A": asked("runners_over_time", *series("queued_p50_s", "repository", "runner"))},
                SECONDS, name="${__field.labels.runner}",
            ),
            rows(
                "Workflows and their runners", "Jobs, minutes and waits by workflow and labels.",
                asked("runners", *shown(_RUNNERS, "minutes", most=100)), _RUNNERS,
                links={"workflow": (to_page("workflow"), to_actions())},
            ),
        ),
    )  # fmt: skip
