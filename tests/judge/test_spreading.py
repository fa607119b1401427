"""Failures that spread: more jobs than in the week before, and unrelated changes."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from etl.judge.finding import Finding, Judgement, Kind, Reason
from etl.judge.history import Level
from etl.judge.lasting import lasting
from etl.judge.limits import DAY_S, SpreadLimits
from etl.judge.spreading import Reach, in_more_jobs, jobs_before_spreading, judge_spreading, reach_of
from etl.model.tag_values import PULL_REQUEST

LIMITS = SpreadLimits()
TIME = 1_772_500_000
SEEN = "2026-03-03T01:06:40Z"
TWO = ("fix-typo", "new-api")


def failure(jobs: int, signature: str = "f00d") -> dict[str, Any]:
    return {
        "repository": "acme/rocket",
        "signature": signature,
        "template": f"connection to <host> refused {signature}",
        "count": jobs * 100,
        "jobs": jobs,
        "first_seen": SEEN,
    }


def judged(
    now: int, before: int, branches: tuple[str, ...] = TWO, known: tuple[Finding, ...] = ()
) -> list[Judgement]:
    found = in_more_jobs(
        [failure(now)] if now else [],
        [failure(before)] if before else [],
        jobs_before_spreading(known),
        LIMITS,
    )
    return judge_spreading(found, {"f00d": Reach(set(branches), set(range(now)))}, LIMITS)


def test_a_failure_of_unrelated_changes_in_more_jobs_spreads() -> None:
    (judgement,) = judged(5, 1)
    (finding,) = judgement.findings
    assert (finding.kind, finding.subject.level) == (Kind.SPREADING, Level.FAILURE)
    assert (finding.effect.size, finding.before, finding.after, finding.evidence) == (4, 1, 5, 5)
    assert finding.since == TIME


def test_one_pull_request_that_breaks_a_matrix_spreads_nothing() -> None:
    (judgement,) = judged(40, 0, ("rewrite",))
    assert (judgement.findings, judgement.reason) == ((), Reason.ONE_CHANGE)


@given(st.integers(1, 20), st.integers(0, 20), st.integers(0, 4))
def test_it_needs_more_jobs_and_more_branches_and_nothing_else(now: int, before: int, branches: int) -> None:
    found = judged(now, before, tuple(map(str, range(branches))))
    spreads = any(judgement.findings for judgement in found)
    assert spreads == (now - before >= LIMITS.min_jobs and branches >= LIMITS.min_branches)


def test_it_is_one_from_its_begin_to_its_end_however_long_that_is() -> None:
    told = lasting([], judged(5, 1), TIME)
    began = told[0]
    for day in range(1, 6):
        # What spread yesterday is of the week before, and goes on all the same.
        (later,) = judged(9, 9, known=tuple(told))
        seen = replace(later, findings=(replace(later.findings[0], since=TIME + day * DAY_S),))
        told = lasting(told, [seen], TIME + day * DAY_S)
        assert [(one.id, one.since, one.before, one.after) for one in told] == [(began.id, TIME, 1, 9)]
    ended = lasting(told, judged(3, 9, known=tuple(told)), TIME + 6 * DAY_S)
    assert [(one.id, one.until) for one in ended] == [(began.id, TIME + 6 * DAY_S)]
    assert judged(9, 9, known=tuple(ended)) == []


def test_branches_are_of_other_changes_by_their_real_names() -> None:
    attempts = [
        {"run_id": 1, "branch": "main", "head_branch": "main"},
        {"run_id": 2, "branch": PULL_REQUEST, "head_branch": "fix-typo"},
        {"run_id": 3, "branch": PULL_REQUEST, "head_branch": "fix-typo"},
        {"run_id": 4, "branch": "(other)", "head_branch": "gh-readonly-queue/main/pr-7-abc"},
    ]
    messages = [
        {"signature": "f00d", "run_id": run, "job_id": job}
        # Of run 5 nothing is known but its jobs: it has not ended yet.
        for run, job in ((1, 1), (2, 2), (2, 2), (3, 3), (4, 4), (5, 5))
    ]
    assert reach_of(messages, attempts, "main") == {"f00d": Reach({"fix-typo"}, {1, 2, 3, 4, 5})}
