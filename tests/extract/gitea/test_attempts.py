"""Executions of jobs become attempts of their run: by tasks, by the run's start, and by what was seen before."""

from typing import Any

import pytest

from etl.extract.gitea.attempts import Attempts, attempts_of
from etl.extract.gitea.records import ListedRun, Task
from etl.model.records import Job

T = 1_790_000_000


def _listed(started: int | None, ended: int | None, conclusion: str = "success") -> ListedRun:
    status = "queued" if started is None else "in_progress" if ended is None else "completed"
    return ListedRun(
        7, 3, "ci.yml", "refs/heads/main", "push", status, conclusion if status == "completed" else None,
        "abc", "main", "mona", started, ended, "https://gitea.example/a/b/actions/runs/7",
    )  # fmt: skip


def _job(
    name: str, attempt: int, started: int | None, ended: int | None = None, conclusion: str = "success"
) -> Job:
    return Job(
        id=hash(name) % 1_000, run_id=7, attempt=attempt, name=name, status="completed", conclusion=conclusion,
        created_at=T, started_at=started, completed_at=ended, labels=("self-hosted",), steps=(), url="",
        taken=started is not None,
    )  # fmt: skip


def _task(number: int, name: str, started: int, conclusion: str = "success") -> Task:
    return Task(number, 3, name, conclusion, started, started + 5)


def _shown(found: Attempts) -> dict[int, tuple[Any, list[str]]]:
    """Conclusion and executed jobs by attempt."""
    every = dict(found.earlier) | {found.run.attempt: (found.run, found.jobs)}
    return {number: (run.conclusion, [job.name for job in jobs]) for number, (run, jobs) in every.items()}


def test_a_run_that_was_never_run_again_has_one_attempt() -> None:
    jobs = [_job("a", 1, T + 1, T + 6), _job("b", 0, None, None, "skipped")]
    found = attempts_of(_listed(T + 1, T + 6), jobs, [], before=0, seen_until=None)
    assert _shown(found) == {1: ("success", ["a", "b"])}
    assert found.run.created_at == T


def test_what_a_rerun_overwrote_is_known_by_its_task() -> None:
    jobs = [_job("a", 1, T + 1, T + 6), _job("b", 2, T + 100, T + 105)]
    tasks = [_task(1, "a", T + 1), _task(2, "b", T + 2, "failure"), _task(3, "b", T + 100)]
    found = attempts_of(_listed(T + 100, T + 105), jobs, tasks, before=0, seen_until=None)
    assert _shown(found) == {1: ("failure", ["a", "b"]), 2: ("success", ["b"])}
    overwritten = found.earlier[1][1][1]
    assert (overwritten.started_at, overwritten.completed_at) == (T + 2, T + 7)
    assert overwritten.id < 0


@pytest.mark.parametrize("late", [0, 1, 5])
def test_a_run_may_be_told_to_have_begun_after_its_first_job(late: int) -> None:
    jobs = [_job("a", 3, T + 200, T + 205), _job("b", 1, T + 206, T + 211), _job("c", 1, T + 1, T + 6)]
    tasks = [
        _task(1, "a", T + 1, "failure"),
        _task(2, "c", T + 1),
        _task(3, "a", T + 100, "failure"),
        _task(4, "a", T + 200),
        _task(5, "b", T + 206),
    ]
    found = attempts_of(_listed(T + 200 + late, T + 211), jobs, tasks, before=0, seen_until=None)
    assert _shown(found) == {1: ("failure", ["a", "c"]), 2: ("failure", ["a"]), 3: ("success", ["a", "b"])}


def test_attempts_that_were_seen_keep_their_numbers() -> None:
    # Three single jobs were run again, one after another: by the tasks alone there would be two attempts.
    jobs = [_job("a", 2, T + 100, T + 105), _job("b", 2, T + 200, T + 205)]
    tasks = [_task(1, "a", T + 1), _task(2, "b", T + 1), _task(3, "a", T + 100), _task(4, "b", T + 200)]
    found = attempts_of(_listed(T + 200, T + 205), jobs, tasks, before=2, seen_until=T + 105)
    assert _shown(found) == {3: ("success", ["b"])}


def test_a_rerun_that_still_waits_is_an_attempt() -> None:
    jobs = [_job("a", 1, None)]
    found = attempts_of(
        _listed(None, None), jobs, [_task(1, "a", T + 1, "failure")], before=1, seen_until=T + 6
    )
    assert (found.run.attempt, found.run.status, found.earlier) == (2, "queued", {})
    # So that the next look at it knows where the attempt before ended.
    assert found.run.updated_at.startswith("2026-")


def test_two_jobs_of_one_name_are_one_attempt() -> None:
    jobs = [_job("a", 2, T + 100, T + 105), _job("a", 2, T + 101, T + 106)]
    tasks = [_task(number, "a", at) for number, at in enumerate((T + 1, T + 2, T + 100, T + 101), 1)]
    found = attempts_of(_listed(T + 100, T + 106), jobs, tasks, before=0, seen_until=None)
    assert _shown(found) == {1: ("success", ["a", "a"]), 2: ("success", ["a", "a"])}


def test_a_wait_counts_where_only_a_runner_can_have_been_waited_for() -> None:
    jobs = [_job("a", 1, T + 3, T + 9), _job("b", 1, T + 4, T + 8), _job("c", 1, T + 20, T + 25)]
    found = attempts_of(_listed(T + 3, T + 25), jobs, [], before=0, seen_until=None)
    assert [job.created_at for job in found.jobs] == [T, T, None]


def test_an_earlier_attempt_concludes_as_the_server_does() -> None:
    jobs = [_job("a", 1, T + 1, T + 6, "failure"), _job("b", 2, T + 100, T + 105)]
    tasks = [_task(1, "a", T + 1, "failure"), _task(2, "b", T + 2, "cancelled"), _task(3, "b", T + 100)]
    found = attempts_of(_listed(T + 100, T + 105, "failure"), jobs, tasks, before=0, seen_until=None)
    assert found.earlier[1][0].conclusion == "cancelled"
