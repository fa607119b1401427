"""How columns are shown: titles, units, colours. Colours are Okabe and Ito's, which everyone can tell apart."""

from dataclasses import dataclass
from typing import Final

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
YELLOW: Final = "#F0E442"
ORANGE: Final = "#E69F00"
VERMILION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
GREY: Final = "#999999"

# Good news and bad, where a colour tells them apart; the text says so too.
GOOD: Final = BLUE
BAD: Final = VERMILION

RATE: Final = "percentunit"
SECONDS: Final = "s"
MINUTES: Final = "m"
HOURS: Final = "h"
COUNT: Final = "short"
TIME: Final = "dateTimeFromNow"

NOTHING: Final = (
    "Nothing here in this time range: widen it, choose other names above, or run `ci-health sync`."
)
# What stands in a panel without rows stands there too where its query failed.
UNLESS_FAILED: Final = "A red corner says that the query failed."
NOTHING_BEFORE: Final = (
    "Nothing to compare with: no run completed in the period before. Choose a shorter time range."
)
NOTHING_TO_DO: Final = (
    "Nothing to do: nothing is broken, flaky, slower or less reliable beyond what chance gives."
)
NOTHING_WORSE: Final = "Nothing got worse beyond what chance gives."
NOTHING_BETTER: Final = "Nothing got better beyond what chance gives."


# Pixels of a column that shares what others leave: Grafana's own 150 make tables scroll sideways.
_NARROWEST: Final = 100
# Of one that people read first.
_WIDE: Final = 200


@dataclass(frozen=True, slots=True)
class Look:
    """How a column is shown: its title, its unit ("" for text) and its colour.

    A rate with a colour is a bar, from 0 to 1: Grafana would draw other bars against the largest number
    of the whole table. Other values with a colour stand on it. `width` is fixed; without one a column takes
    its share of what is left, `at_least` so many pixels.
    """

    title: str
    unit: str = ""
    colour: str = ""
    width: int = 0
    at_least: int = _NARROWEST


LOOKS: Final = {
    "repository": Look("Repository"),
    "workflow": Look("Workflow"),
    "job": Look("Job"),
    "job_group": Look("Job group"),
    "name": Look("Name"),
    "suite": Look("Suite"),
    "test": Look("Test", at_least=_WIDE),
    "level": Look("Level", width=80),
    "branch": Look("Branch"),
    "runner": Look("Runner"),
    "kind": Look("What", width=120),
    "changed": Look("Change", width=170),
    "since_sha": Look("Commit", width=110),
    "evidence": Look("Evidence", width=100),
    "state": Look("State", width=90),
    "status": Look("Status", width=90),
    "outcome": Look("Outcome", width=90),
    "template": Look("Message"),
    "message": Look("Message"),
    "signature": Look("Signature", width=130),
    "category": Look("Category", width=130),
    "head_sha": Look("Commit"),
    "last_good_sha": Look("Last good commit"),
    "first_bad_sha": Look("First bad commit"),
    "repaired_sha": Look("Repaired by"),
    "url": Look("GitHub"),
    "failed_url": Look("Failed run"),
    "passed_url": Look("Passed run"),
    "success": Look("Passed", COUNT, width=90),
    "total": Look("Total", COUNT, width=90),
    "runs": Look("Runs", COUNT, width=90),
    "jobs": Look("Jobs", COUNT, width=90),
    "tests": Look("Tests", COUNT, width=90),
    "count": Look("Count", COUNT, width=90),
    "count_before": Look("Before", COUNT, width=90),
    "jobs_before": Look("Jobs before", COUNT, width=110),
    "failures": Look("Failures", COUNT, width=90),
    "failures_before": Look("Failures before", COUNT, width=130),
    "flakes": Look("Flakes", COUNT, width=90),
    "commits": Look("Commits", COUNT, width=90),
    "flaky_tests": Look("Flaky tests", COUNT),
    "flaky_jobs": Look("Flaky jobs", COUNT),
    "requests": Look("Requests", COUNT, width=100),
    "points": Look("Points", COUNT, width=90),
    "rejected": Look("Rejected", COUNT, width=90),
    "outbox": Look("Waiting", COUNT, width=90),
    "rate_limit_remaining": Look("Rate limit left", COUNT, width=130),
    "share": Look("Share", RATE, SKY),
    "run_success_rate": Look("Runs that succeed", RATE),
    "job_success_rate": Look("Jobs that succeed", RATE),
    "success_rate": Look("Success rate", RATE, BLUE),
    "failure_rate": Look("Failure rate", RATE, ORANGE),
    "probability": Look("Likely", RATE, width=90),
    "flake_rate": Look("Flake rate", RATE, ORANGE),
    "rate_low": Look("At least", RATE, width=90),
    "rate_high": Look("At most", RATE, width=90),
    "p50_s": Look("p50", SECONDS, width=90),
    "p95_s": Look("p95", SECONDS, width=90),
    "p95_s_before": Look("p95 before", SECONDS, width=100),
    "queued_p50_s": Look("Wait, p50", SECONDS, width=100),
    "queued_p95_s": Look("Wait, p95", SECONDS, width=100),
    "mean_s": Look("Mean", SECONDS, width=90),
    "duration_s": Look("Took", SECONDS, width=90),
    "lag_s": Look("Lag", SECONDS, width=90),
    "minutes": Look("Minutes", MINUTES, width=90),
    "wasted_minutes": Look("Wasted", MINUTES, width=100),
    "flaked_minutes": Look("By flakes", MINUTES, width=110),
    "cancelled_minutes": Look("Cancelled", MINUTES, width=110),
    "repeated_minutes": Look("Repeated", MINUTES, width=110),
    "waiting_minutes": Look("Waited", MINUTES, width=110),
    "cost_minutes": Look("Costs", MINUTES, width=110),
    "hours": Look("For", HOURS, VERMILION, width=100),
    "hours_to_repair": Look("Repair took", HOURS, width=110),
    "mean_hours_to_repair": Look("Mean time to repair", HOURS, width=160),
    "time": Look("When", TIME, width=140),
    "since": Look("Since", TIME, width=140),
    "first_seen": Look("First seen", TIME, width=140),
    "last_seen": Look("Last seen", TIME, width=140),
    "last_failure": Look("Last failure", TIME, width=140),
}
