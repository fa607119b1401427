"""When what is asked for, and how often it is tried; without a database."""

import asyncio
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from etl.errors import CiHealthError
from etl.workers.log_filter import OneLine
from etl.workers.queue import Pace
from etl.workers.tasks import ElsewhereError, Retries, Tasks, TryAgainError, cron


class Asked:
    """A queue that remembers what was asked for."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.asked: list[list[str]] = []

    async def ask(self, repositories: list[str]) -> None:
        self.asked.append(repositories)


def tasks_of(queue: Asked, interval: int, *, now: float = 0.0, told: float | None = None) -> Tasks:
    """The tasks of a worker that watches two repositories: of one webhooks told then, and both were swept at 0."""

    async def names() -> tuple[str, ...]:
        return ("acme/polled", "acme/told")

    async def last_webhook_at(name: str) -> float | None:
        return told if name == "acme/told" else None

    async def call(function: Any, *arguments: Any) -> Any:
        return function(*arguments)

    pipeline: Any = SimpleNamespace(
        settings=SimpleNamespace(
            interval=timedelta(seconds=interval),
            http=SimpleNamespace(webhooks=SimpleNamespace(sweep=timedelta(hours=6))),
        ),
        repositories=SimpleNamespace(names=names),
        last_webhook_at=last_webhook_at,
        clock=lambda: now,
        state=SimpleNamespace(
            call=call, repositories=SimpleNamespace(get=lambda _name: SimpleNamespace(swept_at=0))
        ),
    )
    other: Any = queue
    return Tasks(other, pipeline, None, lambda _summary: None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("interval", "expected"), [(1, 3_600), (30, 120), (60, 60), (90, 40), (300, 12), (420, 8), (7_200, 0)]
)
async def test_every_interval_is_asked_for_once(interval: int, expected: int) -> None:
    pace = Pace.of(timedelta(hours=2), timedelta(seconds=interval))
    queue = Asked(pace)
    tasks = tasks_of(queue, interval)
    begin = 1_770_000_000 // 7_200 * 7_200 + 60
    for timestamp in range(begin, begin + 3_600, pace.tick):
        await tasks.due(timestamp)
    assert abs(len(queue.asked) - expected) <= 1
    assert queue.asked or not expected


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
    hours: float, told: float | None, due: list[str]
) -> None:
    queue = Asked(Pace.of(timedelta(hours=2), timedelta(seconds=60)))
    await tasks_of(queue, 60, now=hours * 3_600, told=told).due(1_770_000_000 // 60 * 60)
    assert queue.asked == [due]


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(1, "* * * * * */1"), (59, "* * * * * */59"), (60, "* * * * *"), (3_600, "0 * * * *")],
)
def test_how_often_is_written_as_cron(seconds: int, expected: str) -> None:
    assert cron(seconds) == expected


@pytest.mark.parametrize(
    ("error", "attempts", "again"),
    [
        (asyncio.CancelledError(), 50, True),
        (TimeoutError(), 50, True),
        (ElsewhereError(), 50, True),
        (TryAgainError(), 0, True),
        (TryAgainError(), 1, True),
        (TryAgainError(), 2, False),
        (CiHealthError(), 2, False),
    ],
)
def test_what_was_cut_short_goes_on_and_what_failed_is_tried_three_times(
    error: BaseException, attempts: int, again: bool
) -> None:
    job: Any = SimpleNamespace(attempts=attempts)
    assert (Retries().get_retry_decision(exception=error, job=job) is not None) == again


def test_procrastinates_errors_are_one_line_without_a_traceback() -> None:
    error = RuntimeError()
    error.__cause__ = OSError("away\nfor a while")
    told = (RuntimeError, error, None)
    record = logging.LogRecord("x", logging.ERROR, "", 1, "it %s\n ended", ("has",), told)
    assert OneLine().filter(record)
    assert (record.levelname, record.getMessage(), record.exc_info) == (
        "warning",
        "it has ended: away for a while",
        None,
    )
