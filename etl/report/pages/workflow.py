"""The page of a workflow. Pure functions."""

from typing import Final

from etl.model.writes import Row
from etl.report.addresses import IDENTITY, WORKFLOW
from etl.report.page import Table
from etl.report.pages.facts import Facts
from etl.report.pages.history import history, of_jobs
from etl.report.pages.parts import (
    OF_EXECUTIONS,
    Part,
    by_day,
    chart,
    figures,
    findings,
    percentiles,
    starts,
    table,
)
from etl.report.priorities import distinct
from etl.report.rank import least_reliable

_OF: Final = IDENTITY[WORKFLOW]
_MOST_JOBS: Final = 100
_NEWEST: Final = 30  # commits; the page of each job has more
_JOBS: Final = Table("jobs", "", least_reliable)
_FLAKES: Final = Table("flaky", "", detail="message")


def workflow_page(row: Row, facts: Facts) -> Part:
    """A workflow's page, by its row of `workflows`."""
    link = facts.known.link
    found = facts.of("findings", row, _OF)
    over_time = facts.of("success_over_time", row, _OF)
    total, passed = (by_day(over_time, name, facts.days) for name in ("total", "success"))
    runs = {
        "Failed": [
            None if all_ is None else all_ - (green or 0) for all_, green in zip(total, passed, strict=True)
        ],
        "Passed": passed,
    }
    took = percentiles(over_time, facts.days)
    own = [one for one in found if one["level"] == "workflow"]
    lasting = distinct(one for one in found if one["until"] is None)
    return {
        "figures": figures(
            row,
            "success_rate total job_success_rate p50_s p95_s queued_p50_s minutes",
            success_rate="Runs that succeed",
            total="Runs",
            job_success_rate="Jobs that succeed",
            **OF_EXECUTIONS,
        ),
        "findings": findings(lasting, link, {"job": None, "name": None}),
        "parts": [
            *chart("Runs", "bars", "count", runs, half=True),
            *chart("Duration", "lines", "duration", took, marks=starts(own, ("slower", "faster")), half=True),
            *history(
                facts.of("latest_executions", row, _OF),
                facts.of("latest_results", row, _OF),
                found,
                facts.since,
                of_jobs(link, _NEWEST),
            ),
            *table("Jobs", _JOBS, facts.of("jobs", row, _OF), link, most=_MOST_JOBS),
            *table("Flakes", _FLAKES, facts.of("flaky", row, _OF), link),
        ],
    }
