"""Comments that are due, in both databases: one a pull request, and one process at a time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from etl.demo.clock import MovingClock
from etl.model.due_comments import Head
from etl.state.comments import CLAIMED_S, Comments
from etl.state.state import State

HEAD = Head("acme/rocket", "acme", "topic", "c0ffee", 1_000, 7)


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(1_000_000)


@pytest.fixture
def comments(state_url: str, clock: MovingClock) -> Iterator[Comments]:
    state = State(state_url, clock)
    yield state.comments
    state.close()


def test_it_is_due_once_however_often_runs_are_read(comments: Comments) -> None:
    for _ in range(3):
        comments.note(HEAD)
    due = comments.claim()
    assert due is not None
    assert (due.head, due.since, due.noted, due.tries) == (HEAD, 1_000_000, 3, 1)
    assert comments.claim() is None
    assert comments.waiting() == 1
    comments.settle(due)
    assert (comments.claim(), comments.waiting()) == (None, 0)


def test_what_is_read_while_it_is_written_makes_it_due_again(comments: Comments) -> None:
    comments.note(HEAD)
    first = comments.claim()
    assert first is not None
    comments.note(HEAD)
    assert comments.claim() is None
    comments.settle(first)
    again = comments.claim()
    assert again is not None
    assert (again.noted, again.tries) == (2, 2)


def test_the_commit_with_the_newest_run_counts(comments: Comments) -> None:
    newer = replace(HEAD, sha="beef", run_created_at=2_000, number=0)
    for head in (HEAD, newer, HEAD):
        comments.note(head)
    due = comments.claim()
    assert due is not None
    assert due.head == newer


def test_a_new_commit_has_its_own_time(comments: Comments, clock: MovingClock) -> None:
    comments.note(HEAD)
    clock.advance(100)
    comments.note(HEAD)
    due = comments.claim()
    assert due is not None
    assert due.since == 1_000_000
    comments.note(replace(HEAD, sha="beef", run_created_at=2_000))
    comments.settle(due)
    due = comments.claim()
    assert due is not None
    assert due.since == 1_000_100


def test_each_pull_request_has_its_own(comments: Comments) -> None:
    heads = [
        HEAD,
        replace(HEAD, owner="somebody"),
        replace(HEAD, branch="a:b"),
        replace(HEAD, repository="a/b"),
    ]
    for head in heads:
        comments.note(head)
    found = [comments.claim() for _ in heads]
    assert {due.head for due in found if due is not None} == set(heads)


def test_one_that_failed_waits_and_then_is_tried_again(comments: Comments, clock: MovingClock) -> None:
    comments.note(HEAD)
    due = comments.claim()
    assert due is not None
    comments.put_off(due, 60)
    clock.advance(59)
    assert comments.claim() is None
    clock.advance(1)
    again = comments.claim()
    assert again is not None
    assert (again.since, again.tries) == (due.since, 2)


def test_that_of_a_process_that_was_killed_is_taken_over(comments: Comments, clock: MovingClock) -> None:
    comments.note(HEAD)
    killed = comments.claim()
    assert killed is not None
    clock.advance(CLAIMED_S)
    other = comments.claim()
    assert other is not None
    # It was not killed after all: what it says does not count any more.
    comments.settle(killed)
    comments.put_off(killed, 0)
    assert (comments.claim(), comments.waiting()) == (None, 1)
    comments.settle(other)
    assert comments.waiting() == 0


def test_of_many_processes_one_gets_it(comments: Comments) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: comments.note(HEAD), range(8)))
        claims = list(threads.map(lambda _: comments.claim(), range(8)))
    (due,) = [one for one in claims if one is not None]
    assert due.noted == 8
