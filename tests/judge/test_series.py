"""Rows of both stores as series: results of tests, and what is known of tests that only failures tell of."""

from dataclasses import replace
from typing import Any

import pytest

from etl.judge.cost import cost_minutes
from etl.judge.finding import Commits, Effect, Finding, Kind
from etl.judge.flakes import read
from etl.judge.history import Level, Outcome, Subject
from etl.judge.series import histories_of, histories_of_tests, usage_of
from etl.model.evidence import EvidenceLimits


def execution(number: int, conclusion: str, job: str = "unit") -> dict[str, Any]:
    return {
        "level": "job", "repository": "acme/rocket", "workflow": "CI", "job": job, "branch": "main", "attempt": 1,
        "conclusion": conclusion, "runner": "linux", "time": f"2026-05-{number:02}T10:00:00Z", "run_id": number,
        "job_id": number, "head_sha": f"{number:040x}", "head_branch": "main", "duration_s": 60.0, "queued_s": 1.0,
    }  # fmt: skip


def result(number: int, outcome: str, test: str = "decays") -> dict[str, Any]:
    return {
        "repository": "acme/rocket", "workflow": "CI", "job": "unit", "suite": None, "test": test,
        "outcome": outcome, "time": f"2026-05-{number:02}T10:01:00Z", "job_id": number,
    }  # fmt: skip


def outcomes(*rows: dict[str, Any]) -> dict[str, list[tuple[int, Outcome]]]:
    """Runs with their outcome, by test, of four executions of which the second and the fourth failed."""
    conclusions = ("success", "failure", "success", "failure")
    jobs = [execution(number, conclusion) for number, conclusion in enumerate(conclusions, start=1)]
    found = histories_of_tests(rows, [*jobs, execution(9, "success", "other")], "main")
    return {
        one.subject.name: [
            (run.id, Outcome(outcome)) for run, outcome in zip(one.runs, one.outcomes, strict=True)
        ]
        for one in found
    }


def test_what_only_failures_tell_of_passed_where_its_job_succeeded() -> None:
    assert outcomes(result(2, "failed")) == {
        "decays": [(1, Outcome.PASSED), (2, Outcome.FAILED), (3, Outcome.PASSED)]
    }


def test_a_test_with_results_that_passed_ran_only_where_there_is_one() -> None:
    assert outcomes(result(2, "error"), result(4, "passed")) == {
        "decays": [(2, Outcome.FAILED), (4, Outcome.PASSED)]
    }


def test_a_failure_in_a_job_that_succeeds_is_no_pass() -> None:
    assert outcomes(result(1, "failed"), result(3, "failed")) == {
        "decays": [(1, Outcome.FAILED), (3, Outcome.FAILED)]
    }


def test_a_result_of_a_job_that_is_not_stored_is_left_out() -> None:
    assert outcomes(result(77, "failed")) == {}


def test_runs_of_other_cis_stand_where_they_ended() -> None:
    """Their ids are negative, and have no order."""
    ids = {1: -7, 2: -900, 3: -2, 4: -500}
    rows = [execution(day, "success") | {"run_id": number} for day, number in ids.items()]
    ((history,), _) = histories_of(reversed(rows), "main")
    assert [run.id for run in history.runs] == [-7, -900, -2, -500]
    rows += [execution(day, "success") for day in (6, 5)]
    ((history,), _) = histories_of(rows, "main")
    assert [run.id for run in history.runs][-2:] == [5, 6]


def test_of_several_results_in_one_execution_the_worst_counts() -> None:
    """As of two browsers: it did not pass there."""
    rows = [
        result(2, "failed"),
        result(2, "passed"),
        result(3, "passed"),
        result(3, "passed"),
        result(4, "passed"),
    ]
    # In the fourth, the browser in which it failed may have been left out.
    expected = {"decays": [(2, Outcome.FAILED), (3, Outcome.PASSED)]}
    assert outcomes(*rows) == outcomes(*reversed(rows)) == expected


def test_results_of_an_outage_say_nothing() -> None:
    rows = [result(2, "failed"), result(3, "passed"), result(4, "failed"), result(4, "passed", "other")]
    jobs = [execution(number, "failure") for number in (2, 3, 4)]
    found = histories_of_tests(rows, jobs, "main", outages={4})
    assert [(one.subject.name, [run.id for run in one.runs]) for one in found] == [("decays", [2, 3])]


@pytest.mark.parametrize(("branch", "proven"), [("main", 1), ("(pull request)", 0)])
def test_two_runs_of_a_request_may_test_two_merges(branch: str, proven: int) -> None:
    """An attempt of one of them tests the same merge again."""
    jobs = [
        execution(1, "failure"),
        execution(2, "success"),
        execution(3, "success") | {"run_id": 1, "attempt": 2},
    ]
    jobs = [
        job | {"head_sha": "a" * 40, "branch": branch, "time": f"2026-05-01T1{number}:00:00Z"}
        for number, job in enumerate(jobs)
    ]
    rows = [result(1, "failed"), result(2, "passed"), result(3, "passed")]
    (history,) = histories_of_tests(rows[:2], jobs, "main")
    assert read(history, EvidenceLimits()).proven == proven
    (history,) = histories_of_tests(rows, jobs, "main")
    assert read(history, EvidenceLimits()).proven == 1


def test_runs_tell_the_branches_that_have_a_name() -> None:
    branches = ("main", "release-1", "(pull request)", "(other)")
    rows = [execution(day, "success") | {"branch": name} for day, name in enumerate(branches, start=1)]
    workflows = [
        row | {"level": "workflow", "job": None, "head_branch": name}
        for row, name in zip(rows, ("main", "release-1", "release-1", "mine"), strict=True)
    ]
    histories, measures = histories_of([*rows, *workflows], "main")
    for history in histories:
        assert [(run.line, run.branch) for run in history.runs] == [
            ("", "main"), ("release-1", "release-1"), ("release-1", ""), ("mine", "")
        ]  # fmt: skip
    assert {len(one.runs) for one in measures} == {1}


def test_a_break_of_a_branch_costs_what_runs_there() -> None:
    rows = [
        execution(day, "failure") | {"branch": "release-1" if day > 8 else "main"} for day in range(1, 11)
    ]
    usage = usage_of(rows, 7 * 86_400, "main")
    subject = Subject("acme/rocket", Level.JOB, "CI", "unit")
    found = Finding(Kind.BROKEN, subject, 1, 1.0, Effect(1, 1, 1), Commits("", ""), 3, 0.0, 1.0)
    costs = [
        cost_minutes(replace(found, subject=subject._replace(branch=branch)), usage)
        for branch in ("main", "release-1")
    ]
    assert costs == [10.0, 2.0]
