"""When syncs are asked for; whatever becomes of a machine's clock."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest

from etl.demo.clock import MovingClock
from etl.errors import RetriableError
from etl.state.database import open_database
from etl.state.metadata import Metadata
from etl.workers.queue import SYNC, Pace, open_queue
from etl.workers.upkeep import Upkeep, _repeat

NOON, DAY = 1_770_000_000 // 7_200 * 7_200, 86_400


@pytest.fixture
def metadata(state_url: str) -> Iterator[Metadata]:
    engine = open_database(state_url)
    yield Metadata(engine)
    engine.dispose()


class Asked:
    """A queue that remembers what was asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []

    async def ask(self, repositories: list[str]) -> None:
        self.asked.append(repositories)


def upkeep_of(
    queue: Asked, metadata: Metadata, interval: int, clock: MovingClock, *, told: float | None = None
) -> Upkeep:
    """The upkeep of a worker that watches two repositories: of one webhooks told then, and both were swept at noon."""

    async def names() -> tuple[str, ...]:
        return ("acme/polled", "acme/told")

    async def last_webhook_at(name: str) -> float | None:
        return told if name == "acme/told" else None

    async def call(function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    repositories = SimpleNamespace(get=lambda _name: SimpleNamespace(swept_at=NOON))
    pipeline: Any = SimpleNamespace(
        settings=SimpleNamespace(
            interval=timedelta(seconds=interval),
            http=SimpleNamespace(webhooks=SimpleNamespace(sweep=timedelta(hours=6))),
        ),
        repositories=SimpleNamespace(names=names),
        last_webhook_at=last_webhook_at,
        clock=clock,
        state=SimpleNamespace(call=call, repositories=repositories, metadata=metadata),
    )
    other: Any = queue
    return Upkeep(other, pipeline)


@pytest.mark.parametrize(
    ("interval", "expected"), [(1, 600), (30, 20), (60, 10), (90, 7), (300, 2), (7_200, 1)]
)
async def test_every_interval_is_asked_for_once_however_many_workers(
    interval: int, expected: int, metadata: Metadata
) -> None:
    queue, clock = Asked(), MovingClock(NOON)
    workers = [upkeep_of(queue, metadata, interval, clock) for _ in range(3)]
    for _ in range(0, 600, tick := Pace.of(timedelta(hours=2), timedelta(seconds=interval)).tick):
        for worker in workers:
            await worker.due()
        clock.advance(tick)
    assert len(queue.asked) == expected


@pytest.mark.parametrize("jump", [-3 * 3_600, -45 * DAY, 3 * 3_600, 45 * DAY])
async def test_a_clock_that_is_set_costs_no_interval_and_makes_none_up(jump: int, metadata: Metadata) -> None:
    queue, clock = Asked(), MovingClock(NOON)
    worker = upkeep_of(queue, metadata, 60, clock)
    for _ in range(5):
        await worker.due()
        clock.advance(60)
    clock.advance(jump)
    for _ in range(5):
        await worker.due()
        clock.advance(60)
    assert len(queue.asked) == 10


@pytest.mark.parametrize(
    ("hours", "told", "due"),
    [
        (5.9, 0.0, ["acme/polled"]),
        (6.1, 0.0, ["acme/polled", "acme/told"]),
        (5.9, None, ["acme/polled", "acme/told"]),
        (25.0, 0.0, ["acme/polled", "acme/told"]),
    ],
)
async def test_repositories_whose_webhooks_arrive_are_asked_for_at_every_sweep(
    hours: float, told: float | None, due: list[str], metadata: Metadata
) -> None:
    queue, clock = Asked(), MovingClock(NOON + hours * 3_600)
    await upkeep_of(queue, metadata, 60, clock, told=None if told is None else NOON + told).due()
    assert queue.asked == [due]


async def test_trouble_ends_no_upkeep() -> None:
    tries: asyncio.Queue[None] = asyncio.Queue()

    async def fail() -> None:
        tries.put_nowait(None)
        raise RetriableError("away")

    repeating = asyncio.create_task(_repeat(0.0, fail))
    for _ in range(3):
        await tries.get()
    repeating.cancel()
    with suppress(asyncio.CancelledError):
        await repeating


@pytest.fixture
async def queue(postgres_url: str) -> AsyncIterator[Any]:
    async with open_queue(postgres_url, Pace(limit=60.0, tick=60)) as opened:
        yield opened


async def test_a_worker_whose_clock_is_ahead_hands_a_job_back_for_soon(queue: Any) -> None:
    """Handed back for a time that is to come in 45 days, it would keep its repository from all workers."""
    from datetime import UTC, datetime  # noqa: PLC0415

    ahead = timedelta(days=45)

    class Ahead(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.now(tz) + ahead

    worker = await queue.app.job_manager.register_worker()
    await queue.ask(["acme/a"])
    job = await queue.app.job_manager.fetch_job([SYNC], worker)
    with patch("etl.workers.job_manager.dt.datetime", Ahead):
        await queue.app.job_manager.retry_job(job, datetime.now(UTC) + ahead + timedelta(seconds=5))
    (row,) = await queue.app.connector.execute_query_all_async(
        "SELECT scheduled_at < now() + interval '1 min' AS soon FROM procrastinate_jobs"
    )
    assert row["soon"]
