"""The page of a test, whatever the jobs that it runs in. Pure functions."""

from typing import Final

from etl.model.writes import Row
from etl.report.addresses import IDENTITY, TEST, WORKFLOW
from etl.report.page import Table
from etl.report.pages.facts import Facts
from etl.report.pages.history import history, of_test
from etl.report.pages.owned import owners_of
from etl.report.pages.parts import Part, figures, findings, messages, table
from etl.report.things import failing_tests, flaky_tests

_OF: Final = IDENTITY[TEST]
_JOBS: Final = Table("tests", "", called="job")
_FLAKES: Final = Table("flaky", "", detail="message", called="job")


def test_page(row: Row, facts: Facts) -> Part:
    """A test's page, by a row of `tests` or `flaky`."""
    link = facts.known.link
    failed, flaked = facts.of("tests", row, _OF), facts.of("flaky", row, _OF)
    named = facts.of("findings", {**row, "name": row["test"]}, ("repository", "workflow", "suite", "name"))
    found = [one for one in named if one["level"] == "test"]
    said = facts.of("latest_messages", row, ("repository", "workflow", "test"))
    jobs = jobs_of_test(row, facts)
    results = facts.of("latest_results", row, _OF)
    # Without results there is nothing to see on the commits of its jobs.
    shown = {*jobs, *(one["job"] for one in results)} if results else set()
    executions = [
        one for one in facts.of("latest_executions", row, IDENTITY[WORKFLOW]) if one["job"] in shown
    ]
    return {
        "figures": _figures(failed, flaked),
        "owner": owners_of(said, facts.owners),
        "findings": findings(found, link, {"name": row["test"]}),
        "parts": [
            *history(executions, results, found, facts.since, of_test(row, link)),
            *table("Evidence of flakes", _FLAKES, [{**one, "test": None} for one in flaked], link),
            # What a table of a single job would say is in the figures.
            *(
                table("In its jobs", _JOBS, [{**one, "test": None} for one in failed], link)
                if len(jobs) > 1
                else ()
            ),
            *messages("Messages", said, link, TEST),
        ],
    }


def jobs_of_test(row: Row, facts: Facts) -> list[str]:
    """The jobs that the test failed or flaked in."""
    return sorted({one["job"] for question in ("tests", "flaky") for one in facts.of(question, row, _OF)})


def _figures(failed: list[Row], flaked: list[Row]) -> list[list[str]]:
    (as_failing,) = failing_tests(failed) or [{}]
    (as_flaky,) = flaky_tests(flaked) or [{}]
    known = {**as_flaky, **as_failing}
    return figures(
        {**known, "flake_rate": as_flaky.get("flake_rate")},
        "runs failures failure_rate flakes flake_rate mean_s last_failure",
        runs="Results",
        failure_rate="Fails",
        flake_rate="Flakes at a rate of",
        mean_s="Takes, mean",
    )
