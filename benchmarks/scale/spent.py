"""Seconds of processor and bytes of state that one of each takes."""

import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks import github
from benchmarks.measure import Size
from benchmarks.project import Lines, project, settings_for, synced

_RESULTS = 500


class Spent(NamedTuple):
    """Seconds of processor and bytes of state, of each.

    A run has five jobs; `unchanged` is a sync of a repository that finds nothing.
    """

    run_s: float
    result_s: float
    unchanged_s: float
    run_bytes: float
    result_bytes: float


class _Sync(NamedTuple):
    processor_s: float
    state_bytes: int


async def spent(size: Size) -> Spent:
    """Each the difference between two sizes; of seconds the median of several runs."""
    fewer, more = size.of((300, 900), (5, 10))
    runs, results, unchanged = [], [], []
    for _ in range(size.of(3, 1)):
        few, many = await _sync(fewer, 0), await _sync(more, 0)
        tested = await _sync(fewer, _RESULTS)
        runs.append((many.processor_s - few.processor_s) / (more - fewer))
        results.append((tested.processor_s - few.processor_s) / (fewer * _RESULTS))
        unchanged.append(await _unchanged_s(size.of(100, 2)))
    return Spent(
        median(runs),
        median(results),
        median(unchanged),
        (many.state_bytes - few.state_bytes) / (more - fewer),
        (tested.state_bytes - few.state_bytes) / (fewer * _RESULTS),
    )


async def _sync(runs: int, results: int) -> _Sync:
    """The first sync of a project."""
    kind = {"runs": runs, "days": 30, "results": results}
    with github.serving(**kind) as url, tempfile.TemporaryDirectory() as folder:
        settings = settings_for(project(**kind), url, Path(folder))
        began = time.process_time()
        await synced(settings, Lines())
        took = time.process_time() - began
        with closing(sqlite3.connect(settings.data_dir / "state.sqlite")) as state:
            state.execute("VACUUM")
            pages, page = (
                state.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size")
            )
        return _Sync(took, pages * page)


async def _unchanged_s(repositories: int) -> float:
    """Of the sync of a repository in which nothing is new."""
    kind = {"runs": 3, "days": 3, "jobs": 2, "repositories": repositories}
    with github.serving(**kind) as url, tempfile.TemporaryDirectory() as folder:
        settings = settings_for(project(**kind), url, Path(folder))
        await synced(settings, Lines())
        began = time.process_time()
        await synced(settings, Lines(), newest_only=True)
        return (time.process_time() - began) / repositories
