"""One outbox for all workers: what one delivers, no other does at the same time."""

from collections.abc import Iterator

import pytest

from etl.model.writes import Rejected
from etl.state.outbox import Outbox
from etl.state.state import State
from tests.postgres import Postgres


@pytest.fixture
def outboxes(postgres_url: str) -> Iterator[list[Outbox]]:
    states = [State(postgres_url) for _ in range(2)]
    yield [state.outbox for state in states]
    for state in states:
        state.close()


def lines(outbox: Outbox) -> list[bytes]:
    return [line for entry in outbox.oldest(1_000) for line in entry.lines]


def test_two_deliver_different_entries(outboxes: list[Outbox]) -> None:
    first, second = outboxes
    for number in range(200):
        first.put("acme/rocket", [b"line %d" % number])
    with first.claim(10) as one, second.claim(10) as other:
        assert [entry.lines[0] for entry in one.entries] == [b"line %d" % number for number in range(10)]
        # Rows are locked by the portion in which they are fetched.
        assert not {entry.id for entry in one.entries} & {entry.id for entry in other.entries}
        assert len(other.entries) == 10
        other.settle([])
        one.settle([Rejected(b"line 3", "type conflict")])
    assert len(lines(first)) == 180
    assert first.backlog().dead_letters == 1


def test_what_was_not_settled_is_there_for_others(outboxes: list[Outbox]) -> None:
    first, second = outboxes
    first.put("acme/rocket", [b"line"])
    with pytest.raises(RuntimeError), first.claim(10):
        raise RuntimeError
    with second.claim(10) as claim:
        assert len(claim.entries) == 1


def test_a_process_that_dies_frees_what_it_claimed(postgres: Postgres) -> None:
    name = postgres.database()
    state = State(postgres.url(name))
    state.outbox.put("acme/rocket", [b"line"])
    claim = state.outbox.claim(10)
    claim.__enter__()
    postgres.cut(name)
    with state.outbox.claim(10) as again:
        assert len(again.entries) == 1
    with pytest.raises(Exception, match="terminat"):
        claim.__exit__(None, None, None)
    state.close()
