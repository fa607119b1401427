"""The queue of webhook deliveries."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from etl.demo.clock import MovingClock
from etl.state.deliveries import Deliveries, Waiting
from etl.state.state import State

NAME, OTHER = "acme/rocket", "acme/anvil"
DAY = 86_400


@pytest.fixture
def clock() -> MovingClock:
    return MovingClock(1_000_000)


@pytest.fixture
def deliveries(tmp_path: Path, clock: MovingClock) -> Iterator[Deliveries]:
    state = State(f"sqlite:///{tmp_path / 'state.sqlite'}", clock)
    yield state.deliveries
    state.close()


def runs(deliveries: Deliveries) -> list[tuple[str, int]]:
    return [(one.repository, one.run_id) for one in deliveries.waiting()]


def test_a_delivery_counts_once_and_a_run_waits_once(deliveries: Deliveries) -> None:
    assert deliveries.keep("a", NAME, 1)
    assert deliveries.keep("b", NAME, 2)
    assert deliveries.keep("c", NAME, 1)
    assert deliveries.keep("d", OTHER, 1)
    assert not deliveries.keep("a", NAME, 9)
    assert runs(deliveries) == [(NAME, 1), (NAME, 2), (OTHER, 1)]


def test_what_arrives_while_a_run_is_read_waits_for_the_next_reading(deliveries: Deliveries) -> None:
    deliveries.keep("a", NAME, 1)
    (being_read,) = deliveries.waiting()
    deliveries.keep("b", NAME, 1)
    deliveries.settle(being_read)
    (again,) = deliveries.waiting()
    assert again == Waiting(NAME, 1, being_read.last + 1)
    deliveries.settle(again)
    assert runs(deliveries) == []


def test_a_run_of_another_repository_is_another_run(deliveries: Deliveries) -> None:
    deliveries.keep("a", NAME, 1)
    deliveries.keep("b", OTHER, 1)
    deliveries.settle(Waiting(OTHER, 1, 99))
    assert runs(deliveries) == [(NAME, 1)]


def test_a_replay_of_what_was_read_is_known_for_three_days(
    deliveries: Deliveries, clock: MovingClock
) -> None:
    deliveries.keep("a", NAME, 1)
    deliveries.settle(deliveries.waiting()[0])
    clock.advance(3 * DAY)
    assert not deliveries.keep("a", NAME, 1)
    deliveries.keep("b", NAME, 2)
    clock.advance(1)
    deliveries.settle(deliveries.waiting()[0])
    assert deliveries.keep("a", NAME, 1)


def test_what_could_not_be_read_for_three_days_waits_no_more(
    deliveries: Deliveries, clock: MovingClock
) -> None:
    deliveries.keep("a", NAME, 1)
    clock.advance(3 * DAY)
    assert runs(deliveries) == [(NAME, 1)]
    clock.advance(1)
    assert runs(deliveries) == []


def test_the_newest_delivery_of_each_repository_is_known(deliveries: Deliveries, clock: MovingClock) -> None:
    deliveries.keep("a", NAME, 1)
    clock.advance(5)
    deliveries.keep("b", NAME, 1)
    clock.advance(5)
    deliveries.keep("c", OTHER, 1)
    assert deliveries.newest(NAME) == 1_000_005
    assert deliveries.newest(OTHER) == 1_000_010
    assert deliveries.newest("acme/new") is None
