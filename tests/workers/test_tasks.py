"""How often a sync is tried, and what is told of it; without a database."""

import asyncio
import logging
from types import SimpleNamespace
from typing import Any

import pytest

from etl.errors import CiHealthError
from etl.workers.log_filter import OneLine
from etl.workers.tasks import ElsewhereError, Retries, TryAgainError


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
