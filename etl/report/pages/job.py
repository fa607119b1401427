"""The page of a job. Pure functions."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from etl.model.writes import Row
from etl.report.addresses import IDENTITY, JOB
from etl.report.naming import excerpt, names
from etl.report.page import Table
from etl.report.pages.facts import Facts
from etl.report.pages.history import history, of_jobs
from etl.report.pages.owned import owners_of
from etl.report.pages.parts import (
    OF_EXECUTIONS,
    Part,
    by_day,
    chart,
    figures,
    findings,
    messages,
    percentiles,
    starts,
    table,
)
from etl.report.rank import most_failing

_OF: Final = IDENTITY[JOB]
_MOST_STEPS: Final = 6
_FLAKES: Final = Table("flaky", "", detail="message")
_TESTS: Final = Table("tests", "", most_failing)


def job_page(row: Row, facts: Facts) -> Part:
    """A job's page, by its row of `jobs`."""
    link = facts.known.link
    found = [one for one in facts.of("findings", row, _OF) if one["level"] in ("job", "test")]
    own = [one for one in found if one["level"] == "job"]
    over_time = facts.of("jobs_over_time", row, _OF)
    said = facts.of("latest_messages", row, _OF)
    took = percentiles(over_time, facts.days)
    waited = {"Median": by_day(over_time, "queued_p50_s", facts.days)}
    changed, queued = starts(own, ("slower", "faster")), starts(own, ("waits longer", "waits less"))
    return {
        "figures": figures(
            row,
            "success_rate total p50_s p95_s queued_p50_s minutes",
            success_rate="Succeeds",
            total="Executions",
            **OF_EXECUTIONS,
        ),
        "owner": owners_of(said, facts.owners),
        "findings": findings(found, link, {"job": row["job"], "name": None}),
        "parts": [
            *history(
                facts.of("latest_executions", row, _OF),
                facts.of("latest_results", row, _OF),
                found,
                facts.since,
                of_jobs(link),
            ),
            *chart("Duration", "lines", "duration", took, marks=changed, half=True),
            *chart("Wait for a runner", "lines", "duration", waited, marks=queued, half=True),
            *_steps(row, facts, took["Median"]),
            *table("Flakes", _FLAKES, facts.of("flaky", row, _OF), link),
            *table("Tests that failed", _TESTS, facts.of("tests", row, _OF), link),
            *messages("Messages of its failures", said, link, JOB),
        ],
    }


def _steps(row: Row, facts: Facts, took: Sequence[float | None]) -> list[Part]:
    """The medians of the steps that take longest, one on the other, on days on which the job itself counts."""
    by_name: dict[str, list[Row]] = defaultdict(list)
    for one in facts.of("steps_over_time", row, _OF):
        by_name[one["name"]].append(one)
    values = {name: _where_known(by_day(rows, "p50_s", facts.days), took) for name, rows in by_name.items()}
    longest = sorted(values, key=lambda name: (-sum(value or 0 for value in values[name]), name))[
        :_MOST_STEPS
    ]
    lines = {excerpt(names({"name": name})[-1], 60): values[name] for name in longest}
    return chart("Steps that take longest, median", "bars", "duration", lines)


def _where_known(values: Sequence[float | None], known: Sequence[float | None]) -> list[float | None]:
    return [None if other is None else value for value, other in zip(values, known, strict=True)]
