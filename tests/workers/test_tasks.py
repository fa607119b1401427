"""When what is asked for, and how often it is tried; without a database."""

import asyncio
import logging
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from etl.errors import CiHealthError
from etl.workers.queue import Pace
from etl.workers.tasks import ElsewhereError, Retries, Tasks, TryAgainError, cron
from etl.workers.told import OneLine


class Asked:
    """A queue that remembers what was asked for."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.times = 0

    async def ask(self, _repositories: Any) -> None:
        self.times += 1


@pytest.mark.parametrize(
    ("interval", "expected"), [(1, 3_600), (30, 120), (60, 60), (90, 40), (300, 12), (420, 8), (7_200, 0)]
)
async def test_every_interval_is_asked_for_once(interval: int, expected: int) -> None:
    pace = Pace.of(timedelta(hours=2), timedelta(seconds=interval))
    queue: Any = Asked(pace)
    settings = SimpleNamespace(interval=timedelta(seconds=interval), repositories=())
    pipeline: Any = SimpleNamespace(settings=settings)
    tasks = Tasks(queue, pipeline, None)  # type: ignore[arg-type]
    begin = 1_770_000_000 // 7_200 * 7_200 + 60
    for timestamp in range(begin, begin + 3_600, pace.tick):
        await tasks.due(timestamp)
    assert abs(queue.times - expected) <= 1
    assert queue.times or not expected


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
