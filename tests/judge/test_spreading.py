"""Failures that spread: more jobs than the day before, and unrelated changes."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from etl.judge.finding import Judgement, Kind, Reason
from etl.judge.history import Level
from etl.judge.lasting import lasting
from etl.judge.limits import DAY_S, SpreadLimits
from etl.judge.series import lines_of_failures
from etl.judge.spreading import in_more_jobs, judge_spreading
from etl.model.tag_values import PULL_REQUEST

LIMITS = SpreadLimits()
TIME = 1_772_500_000
SEEN = "2026-03-03T01:06:40Z"


def failure(jobs: int, signature: str = "f00d") -> dict[str, Any]:
    return {
        "repository": "acme/rocket",
        "signature": signature,
        "template": f"connection to <host> refused {signature}",
        "count": jobs * 2,
        "jobs": jobs,
        "first_seen": SEEN,
    }


def judged(now: int, before: int, lines: Mapping[str, set[str]]) -> list[Judgement]:
    found = in_more_jobs([failure(now)], [failure(before)] if before else [], LIMITS)
    return judge_spreading(found, lines, LIMITS)


def test_a_failure_of_unrelated_changes_in_more_jobs_spreads() -> None:
    (judgement,) = judged(5, 1, {"f00d": {"", "fix-typo"}})
    (finding,) = judgement.findings
    assert (finding.kind, finding.subject.level) == (Kind.SPREADING, Level.FAILURE)
    assert (finding.effect.size, finding.before, finding.after, finding.evidence) == (4, 1, 5, 10)
    assert finding.since == TIME


def test_one_pull_request_that_breaks_a_matrix_spreads_nothing() -> None:
    (judgement,) = judged(40, 0, {"f00d": {"rewrite"}})
    assert (judgement.findings, judgement.reason) == ((), Reason.ONE_LINE)


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 4))
def test_it_needs_more_jobs_and_more_lines_and_nothing_else(now: int, before: int, lines: int) -> None:
    found = judged(now, before, {"f00d": {str(line) for line in range(lines)}})
    spreads = any(judgement.findings for judgement in found)
    assert spreads == (now - before >= LIMITS.min_jobs and lines >= LIMITS.min_lines)


def test_it_is_one_from_its_begin_to_its_end() -> None:
    lines = {"f00d": {"", "fix-typo"}}
    told = lasting([], judged(5, 1, lines), TIME)
    (later,) = judged(9, 2, lines)
    moved = replace(later.findings[0], since=TIME + DAY_S)
    again = lasting(told, [replace(later, findings=(moved,))], TIME + DAY_S)
    assert [(one.id, one.since, one.after) for one in again] == [(told[0].id, TIME, 9)]
    ended = lasting(again, [], TIME + 2 * DAY_S)
    assert [(one.id, one.until) for one in ended] == [(told[0].id, TIME + 2 * DAY_S)]


def test_lines_are_the_default_branch_and_the_real_names_of_others() -> None:
    executions = [
        {"level": "workflow", "run_id": 1, "head_branch": "main"},
        {"level": "workflow", "run_id": 2, "head_branch": "fix-typo"},
        {"level": "workflow", "run_id": 3, "head_branch": "fix-typo"},
        {"level": "job", "run_id": 4, "head_branch": None},
    ]
    rows: list[dict[str, Any]] = [
        {"signature": "f00d", "run_id": 1, "branch": "main"},
        *({"signature": "f00d", "run_id": number, "branch": PULL_REQUEST} for number in (2, 3, 4)),
    ]
    assert lines_of_failures(rows, executions, "main") == {"f00d": {"", "fix-typo", PULL_REQUEST}}
