"""How long the event loop is busy at a time while a sync is under way, against SQL on the loop itself.

That is how late a health check, a heartbeat or a SIGTERM is noticed.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import quantiles
from typing import Any
from unittest.mock import patch

from benchmarks import github
from benchmarks.measure import Outcome, Size
from benchmarks.project import Lines, project, settings_for
from etl.app import open_pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.sync import sync_all
from etl.settings import Settings
from etl.state.sql_thread import SqlThread
from tests.postgres import Postgres, serving

_SAMPLE_S = 0.001


async def run(size: Size) -> list[Outcome]:
    """The 99th percentile of the loop's lag in milliseconds, with each database that keeps a state."""
    kind = {"runs": size.of(600, 10), "days": size.of(10, 2), "results": 100}
    pairs = size.of(5, 1)
    with serving() as server:
        return [
            await _outcome("SQLite", kind, pairs, lambda _: {}),
            await _outcome("PostgreSQL", kind, pairs, lambda _: _shared(server)),
        ]


def _shared(server: Postgres) -> dict[str, Any]:
    return {
        "state": {"url": server.url(server.database())},
        "influxdb": {"url": "http://127.0.0.1:1", "token": "unused"},
    }


async def _outcome(
    name: str, kind: dict[str, int], pairs: int, changes: Callable[[int], dict[str, Any]]
) -> Outcome:
    ours, theirs = [], []
    for number in range(pairs):
        ours.append(await _lag_ms(kind, changes(number)))
        with _on_the_loop():
            theirs.append(await _lag_ms(kind, changes(number)))
    what = f"99th percentile of the event loop's lag in a sync of {kind['runs']} runs, state in {name}"
    return Outcome("loop", what, "SQL on the loop", tuple(ours), tuple(theirs), "ms", 1.0)


async def _lag_ms(kind: dict[str, int], changes: dict[str, Any]) -> float:
    with github.serving(**kind) as url, tempfile.TemporaryDirectory() as folder:
        return await _sampled(settings_for(project(**kind), url, Path(folder), **changes))


async def _sampled(settings: Settings) -> float:
    lags: list[float] = []
    async with open_pipeline(settings) as pipeline:
        sampling = asyncio.create_task(_sample(lags))
        plan = dict.fromkeys(settings.repositories, False)
        (summary,) = await sync_all(pipeline, Delivery(pipeline.state, Lines(), patience=None), plan)
        sampling.cancel()
    if summary.error is not None:
        raise AssertionError(summary.error)
    return quantiles(lags, n=100)[98] * 1_000


async def _sample(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(_SAMPLE_S)
        lags.append(max(0.0, time.perf_counter() - began - _SAMPLE_S))


@contextmanager
def _on_the_loop() -> Iterator[None]:
    async def call(_thread: SqlThread, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    with patch.object(SqlThread, "call", call):
        yield
