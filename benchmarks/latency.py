"""A first sync from an API that takes its time, against its requests one after the other on every connection."""

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks import github
from benchmarks.measure import Outcome, Size
from benchmarks.project import Lines, project, settings_for, synced

_ANSWER_S = 0.05


async def run(size: Size) -> list[Outcome]:
    """Seconds of a sync; the reference is arithmetic: 50 ms a request, divided by concurrency."""
    kind = {"runs": size.of(2_000, 40), "days": size.of(30, 2), "results": 0}
    ours, theirs, requests = [], [], 0
    for _ in range(size.of(3, 1)):
        with github.serving(_ANSWER_S, **kind) as url, tempfile.TemporaryDirectory() as folder:
            settings = settings_for(project(**kind), url, Path(folder))
            began = time.perf_counter()
            (summary,) = await asyncio.create_task(synced(settings, Lines()))
            ours.append(time.perf_counter() - began)
        requests = summary.requests
        theirs.append(requests * _ANSWER_S / settings.github.concurrency)
    what = f"sync of {kind['runs']} runs from an API that answers in 50 ms"
    notes = (f"{requests} requests, concurrency {settings.github.concurrency}",)
    reference = "50 ms a request, divided by concurrency"
    return [Outcome("latency", what, reference, tuple(ours), tuple(theirs), "s", 1.3, notes=notes)]
