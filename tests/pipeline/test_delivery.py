"""What delivery does with a store, and with a state, that does not do as it should."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import structlog

from etl.errors import FatalError, RetriableError
from etl.model.writes import Rejected, WriteResult
from etl.pipeline.delivery import Delivery, Trouble
from etl.state.outbox import Claim
from etl.state.state import State

LINES = [b"job job_id=%di %d" % (number, number) for number in range(5)]


class Store:
    """Raises what it is given, one at a time, then takes everything but `bad`."""

    address = "a scripted store"

    def __init__(self, *raised: Exception, bad: Sequence[bytes] = ()) -> None:
        self.raised = list(raised)
        self.bad = bad
        self.taken: list[bytes] = []

    async def prepare(self) -> None:
        pass

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        if self.raised:
            raise self.raised.pop(0)
        self.taken += [line for line in lines if line not in self.bad]
        rejected = tuple(Rejected(line, f"no such {line.decode()}") for line in lines if line in self.bad)
        return WriteResult(len(lines) - len(rejected), rejected)


@pytest.fixture
def state(tmp_path):
    state = State(f"sqlite:///{tmp_path / 'state.sqlite'}")
    state.outbox.put("acme/rocket", LINES)
    yield state
    state.close()


@pytest.fixture
def delivery(state, monkeypatch) -> Callable[[Any], Delivery]:
    monkeypatch.setattr("etl.pipeline.delivery._AFTER_REFUSAL_S", 0.0)
    return lambda store: Delivery(state, store, patience=None)


async def deliver(delivery: Delivery) -> list[str]:
    with structlog.testing.capture_logs() as log:
        await delivery.drain()
    return [record["event"] for record in log if record["log_level"] != "debug"]


STOPPED = "the store takes nothing, points wait in the outbox"
GOES_ON = "the store takes points again"


async def test_a_defect_ends_no_service(state, delivery):
    store = Store(KeyError("a defect"))
    assert await deliver(delivery(store)) == [STOPPED, GOES_ON]
    assert store.taken == LINES
    assert state.outbox.backlog().points == 0


async def test_a_state_that_cannot_be_written_for_a_while_costs_nothing(state, delivery, monkeypatch):
    store, settle = Store(), Claim.settle

    def full(*_):
        monkeypatch.setattr(Claim, "settle", settle)
        raise RetriableError("the disk is full", retry_after=0.0)

    monkeypatch.setattr(Claim, "settle", full)
    assert await deliver(delivery(store)) == [STOPPED, GOES_ON]
    assert store.taken == LINES * 2, "written twice is written once"
    assert state.outbox.backlog().points == 0


async def test_trouble_is_logged_once_for_each_kind(delivery):
    away, refused = RetriableError("away", retry_after=0.0), FatalError("wrong token")
    log = await deliver(delivery(Store(away, away, refused, refused, away, away)))
    assert log == [STOPPED, STOPPED, STOPPED, GOES_ON]


async def test_rejected_points_of_a_batch_are_one_line_of_the_log(state, delivery):
    assert await deliver(delivery(Store(bad=LINES))) == ["points rejected, kept as dead letters"]
    assert state.outbox.backlog().dead_letters == len(LINES)


@pytest.mark.parametrize("asked", [1e9, float("inf")])
def test_no_wait_is_endless(asked):
    assert Trouble("busy", since=0.0, retry_after=asked).pause() == 900.0


@pytest.mark.parametrize("hanging", ["prepare", "write"])
async def test_a_store_that_hangs_is_given_up_when_patience_ends(
    state: State, monkeypatch: pytest.MonkeyPatch, hanging: str
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    store: Any = Store()
    monkeypatch.setattr(store, hanging, hang)
    delivery = Delivery(state, store, patience=0.3)
    await delivery.drain()
    assert delivery.trouble is not None
    assert "gave no answer" in delivery.trouble.reason
    assert state.outbox.points() == len(LINES)


async def test_what_comes_while_the_outbox_is_looked_at_for_the_last_time_is_delivered(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outbox was found to be empty; before that is known, points are committed and no more will come."""
    store: Any = Store()
    delivery = Delivery(state, store, patience=None)
    look = delivery._try
    late = b"job job_id=99i 99"

    async def slowly() -> bool:
        found = await look()
        if not found and late not in store.taken:
            state.outbox.put("acme/rocket", [late])
            delivery.finish()
        return found

    monkeypatch.setattr(delivery, "_try", slowly)
    await delivery.run()
    assert store.taken == [*LINES, late]
    assert state.outbox.points() == 0
