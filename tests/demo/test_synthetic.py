from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random

import pytest

from etl.demo.history import Attempt, History, Inheritance, Job, Run
from etl.demo.plans import UNIT_TESTS
from etl.demo.suites import execute
from etl.demo.synthetic import synthetic


@pytest.fixture(scope="module")
def long() -> History:
    return synthetic(days=60)


def runs(history: History) -> list[Run]:
    return [run for repository in history.repositories for run in repository.runs]


def attempts(history: History) -> Iterator[Attempt]:
    return (attempt for run in runs(history) for attempt in run.attempts)


def jobs(history: History) -> list[Job]:
    return [job for attempt in attempts(history) for job in attempt.jobs]


def test_the_same_seed_gives_the_same_history() -> None:
    assert synthetic(seed=5, days=3) == synthetic(seed=5, days=3) != synthetic(seed=6, days=3)


def test_days_and_pushes_say_how_much_there_is() -> None:
    few, many = synthetic(days=2, pushes=2), synthetic(days=4, pushes=20)
    assert len({datetime.fromtimestamp(run.created_at, UTC).date() for run in runs(many)}) == 4
    assert 5 * len(runs(few)) < len(runs(many))


def test_ids_are_given_once(long: History) -> None:
    ids = [flow.id for repository in long.repositories for flow in repository.workflows]
    ids += [run.id for run in runs(long)] + [job.id for job in jobs(long)]
    assert len(ids) == len(set(ids))


def test_runs_are_in_order_and_numbered_in_each_workflow(long: History) -> None:
    assert [run.created_at for run in runs(long)] == sorted(run.created_at for run in runs(long))
    numbers = {(run.workflow_id, run.number) for run in runs(long)}
    assert len(numbers) == len(runs(long))


@pytest.mark.parametrize("conclusion", ["success", "failure", "cancelled", "skipped", "timed_out"])
def test_jobs_end_in_every_way(long: History, conclusion: str) -> None:
    assert conclusion in {job.conclusion for job in jobs(long)}


def test_some_runs_never_start(long: History) -> None:
    found = [attempt for attempt in attempts(long) if attempt.outcome == "startup_failure"]
    assert found
    assert not any(attempt.jobs for attempt in found)


@pytest.mark.parametrize("way", list(Inheritance))
def test_partial_reruns_inherit_in_githubs_three_ways(long: History, way: Inheritance) -> None:
    rerun = [run for run in runs(long) if len(run.attempts) > 1]
    assert any(job.inherited is way for run in rerun for job in run.attempts[-1].jobs)


def test_reruns_are_whole_or_partial_at_once_or_days_later(long: History) -> None:
    rerun = [run.attempts for run in runs(long) if len(run.attempts) > 1]
    delays = {second.started_at - (first.ended_at or 0) for first, second in rerun}
    assert {600, 2 * 86_400} <= delays
    wholes = {all(job.inherited is None for job in second.jobs) for _, second in rerun}
    assert wholes == {True, False}
    assert {"failure", "success"} <= {second.outcome for _, second in rerun}


def test_some_changes_come_from_forks(long: History) -> None:
    forks = [run for run in runs(long) if run.fork]
    assert 0 < len(forks) < len(runs(long)) / 2
    assert {run.event for run in forks} == {"pull_request"}
    assert {run.event for run in runs(long)} == {"pull_request", "push", "schedule"}


def test_an_afternoon_is_an_outage(long: History) -> None:
    days = Counter(
        datetime.fromtimestamp(job.started_at or 0, UTC).date()
        for job in jobs(long)
        if any("Failed to pull image" in note.message for note in job.annotations)
    )
    (_, most), (_, next_most) = days.most_common(2)
    assert most >= 10
    assert most > 2 * next_most


def test_times_are_in_order(long: History) -> None:
    for run in runs(long):
        assert run.attempts[0].started_at >= run.created_at
        for attempt in run.attempts:
            for job in attempt.jobs:
                if job.inherited is None:
                    assert (
                        attempt.started_at
                        <= job.created_at
                        <= (job.started_at or 0)
                        <= (job.completed_at or 0)
                    )
                moments = [moment for step in job.steps for moment in (step.started_at, step.completed_at)]
                assert moments == sorted(moment or 0 for moment in moments)
                assert not moments or (job.started_at or 0) <= (moments[0] or 0)
                assert not moments or (moments[-1] or 0) <= (job.completed_at or 0)


def test_failed_jobs_say_why(long: History) -> None:
    assert all(job.annotations for job in jobs(long) if job.conclusion == "failure" and job.inherited is None)


def test_flaky_tests_fail_and_end_in_errors_and_broken_ones_fail() -> None:
    random = Random(1)  # noqa: S311
    ran = [case for day in range(14, 18) for _ in range(200) for case in execute(random, UNIT_TESTS, day=day)]
    ends = {(bool(case.plan.rate), case.error) for case in ran if case.red}
    assert ends == {(True, True), (True, False), (False, False)}
    assert not any(case.error for case in ran if not case.red)
