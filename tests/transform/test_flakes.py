from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model.evidence import EvidenceLimits, Execution, Failure, key_of
from etl.model.points import NANOSECONDS
from etl.model.results import CaseName, Outcome, Report, Result
from etl.transform.flakes.evidence import evidence, within_report
from etl.transform.flakes.executions import execution_of
from etl.transform.flakes.outage import OutageGuard
from etl.transform.results.job_results import named
from tests.transform.test_attempts import JOB, RUN, context

T0 = 1_770_000_000
LIMITS = EvidenceLimits()
DAY_S = 86_400
BOOM = Failure("suite", "test_it", 0, "boom")
TAGS = {"repository": "acme/rocket", "workflow": "CI", "job": "unit", "job_group": "unit", "branch": "main"}


def execution(job_id: int, **changes) -> Execution:
    values = {
        "job_id": job_id,
        "run_id": 1,
        "attempt": 1,
        "workflow_id": 5,
        "job": "unit",
        "shards": "unit",
        "event": "push",
        "head_sha": "abc",
        "ended_at": T0 + job_id * 60,
        "green": True,
        "outage": False,
        "duration_s": 60.0,
        "message": "",
        "tags": TAGS,
        "failures": (),
        "passed": frozenset({key_of("suite", "test_it", 0)}),
    }
    return Execution(**{**values, **changes})


def red(job_id: int, **changes) -> Execution:
    return execution(job_id, **{"green": False, "failures": (BOOM,), "passed": frozenset(), **changes})


def arrive(executions) -> dict[tuple, dict]:
    """What the store holds after the executions have arrived in this order."""
    stored: dict[tuple, dict] = {}
    known: list[Execution] = []
    for new in executions:
        for point in evidence(new, known, LIMITS):
            stored[point.time, tuple(sorted(point.tags.items()))] = point.fields
        known.append(new)
    return stored


def found(executions) -> list[tuple[str, str]]:
    return sorted((dict(tags)["level"], dict(tags)["evidence"]) for _, tags in arrive(executions))


def test_failed_in_one_attempt_and_passed_in_the_next():
    stored = arrive([red(1), execution(2, attempt=2)])
    job, test = sorted(stored.items(), key=lambda item: dict(item[0][1])["level"])
    assert job[1] == {
        "head_sha": "abc",
        "failed_run_id": 1,
        "failed_job_id": 1,
        "passed_run_id": 1,
        "passed_job_id": 2,
        "confirmed_at": T0 + 120,
        "wasted_s": 60.0,
    }
    assert "suite" not in dict(job[0][1])
    assert (dict(test[0][1])["suite"], dict(test[0][1])["test"]) == ("suite", "test_it")
    assert test[0][0] // NANOSECONDS == T0 + 60
    assert test[1]["message"] == "boom"
    assert "wasted_s" not in test[1]


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"attempt": 2}, {"rerun"}),
        ({"attempt": 2, "ended_at": T0 + 60 + 7 * DAY_S}, {"rerun"}),
        ({"attempt": 2, "ended_at": T0 + 61 + 7 * DAY_S}, set()),
        ({"run_id": 2}, {"same_sha"}),
        ({"run_id": 2, "ended_at": T0 + 60 + 3 * DAY_S}, {"same_sha"}),
        ({"run_id": 2, "ended_at": T0 + 61 + 3 * DAY_S}, set()),
        ({"run_id": 2, "head_sha": "other"}, set()),
        ({"run_id": 2, "event": "schedule"}, set()),
        ({"run_id": 2, "workflow_id": 6}, set()),
        ({"attempt": 2, "job": "lint", "shards": "lint"}, set()),
    ],
)
def test_which_passing_results_are_counterparts(changes, kinds):
    assert {kind for _, kind in found([red(1), execution(2, **changes)])} == kinds


def test_pull_requests_of_one_sha_are_tested_against_different_bases():
    assert found([red(1, event="pull_request"), execution(2, run_id=2, event="pull_request")]) == []


def test_a_failing_result_is_one_point_a_kind_and_names_the_earliest_passing_one():
    stored = arrive([execution(9, attempt=3), red(1), execution(4, attempt=2), execution(5, run_id=2)])
    tests = {
        dict(tags)["evidence"]: fields
        for (_, tags), fields in stored.items()
        if dict(tags)["level"] == "test"
    }
    assert {kind: fields["passed_job_id"] for kind, fields in tests.items()} == {"rerun": 4, "same_sha": 5}
    times = {time for time, tags in stored if dict(tags)["level"] == "test"}
    assert len(times) == 1


def test_a_broken_test_is_not_flaky():
    assert found([red(1), red(2, attempt=2), red(3, run_id=2)]) == []


def test_an_outage_gives_none_for_its_tests_but_for_the_job():
    assert found([red(1, outage=True), execution(2, attempt=2)]) == [("job", "rerun")]


def test_shards_trade_tests_but_stand_for_themselves_as_jobs():
    failing = red(1, job="e2e shard 1", shards="e2e")
    other = execution(2, attempt=2, job="e2e shard 2", shards="e2e")
    assert found([failing, other]) == [("test", "rerun")]


def test_without_a_report_a_green_execution_of_the_job_is_the_counterpart():
    annotated = red(1, failures=(replace(BOOM, annotated=True),), passed=None)
    assert found([annotated, execution(2, attempt=2, passed=None)]) == [("job", "rerun"), ("test", "rerun")]
    assert found([annotated, red(2, attempt=2, failures=(), passed=None)]) == []


def test_a_test_may_pass_in_a_job_that_failed():
    assert found([red(1), execution(2, attempt=2, green=False)]) == [("test", "rerun")]


def test_a_browser_that_skips_a_test_does_not_heal_it():
    """As many results of the name must pass as ran where one failed."""
    chromium, webkit = result(0, Outcome.PASSED), result(0, Outcome.FAILED)
    failed = reported(1, chromium, webkit)
    assert found([failed, reported(2, chromium, result(0, Outcome.SKIPPED))]) == []
    assert found([failed, reported(2, chromium)]) == []
    assert found([failed, reported(2, chromium, chromium)]) == [("test", "rerun")]
    skipped = reported(1, result(0, Outcome.FAILED), result(0, Outcome.SKIPPED))
    assert found([skipped, reported(2, chromium, result(0, Outcome.SKIPPED))]) == [("test", "rerun")]


def test_what_is_no_job_has_no_evidence_at_job_level():
    assert found([red(1, job=""), execution(2, attempt=2, job="")]) == [("test", "rerun")]


def test_a_retry_within_the_report():
    (point,) = within_report(execution(1), [BOOM])
    assert (point.tags["evidence"], point.fields["failed_job_id"], point.fields["passed_job_id"]) == (
        "in_report",
        1,
        1,
    )
    assert within_report(execution(1, outage=True), [BOOM]) == []


EXECUTIONS = st.lists(
    st.builds(
        lambda job_id, run, attempt, event, sha, ended, is_red: (red if is_red else execution)(
            job_id, run_id=run, attempt=attempt, event=event, head_sha=sha, ended_at=T0 + ended * 3_600
        ),
        st.integers(1, 50),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from(["push", "schedule", "pull_request"]),
        st.sampled_from(["abc", "def"]),
        st.integers(0, 240),
        st.booleans(),
    ),
    max_size=7,
    unique_by=lambda one: one.job_id,
)


@given(EXECUTIONS, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(executions, chance):
    shuffled = [*executions]
    chance.shuffle(shuffled)
    assert arrive(shuffled) == arrive(executions)


@given(EXECUTIONS)
def test_arriving_twice_changes_nothing(executions):
    assert arrive([*executions, *executions]) == arrive(executions)


def result(number: int, outcome: Outcome) -> Result:
    return Result(CaseName("suite", f"test_{number}"), outcome, 1.0)


def reported(attempt: int, *results: Result) -> Execution:
    """The execution of a failed job in an attempt, from its report."""
    run = replace(RUN, attempt=attempt)
    job = replace(JOB, id=attempt, started_at=None)
    tests = named(context(run), Report(job, is_job=False, results=[*results]))
    made = execution_of(context(run), job, tests=tests, annotated=(), message="")
    assert made is not None
    return made


@pytest.mark.parametrize(
    ("red_ones", "total", "expected"), [(17, 20, True), (16, 20, False), (19, 19, False), (20, 20, True)]
)
def test_the_outage_guard(red_ones, total, expected):
    assert OutageGuard().is_outage(red_ones, total) is expected


def test_skipped_results_are_no_part_of_an_outage():
    results = [result(n, Outcome.FAILED) for n in range(20)] + [
        result(n, Outcome.SKIPPED) for n in range(100)
    ]
    tests = named(context(RUN), Report(JOB, is_job=True, results=results))
    assert OutageGuard().is_outage(len(tests.red), tests.ran) is True
