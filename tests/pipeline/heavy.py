"""Runs whose few hundred KiB of artifacts hold as much as their reader lets them, and what a sync of them takes."""

import asyncio
import io
import resource
import sys
import zipfile
from pathlib import Path

from benchmarks.project import Lines
from etl.demo.history import Artifact
from etl.pipeline.delivery import Delivery
from etl.pipeline.sync import sync_all
from tests.pipeline.world import HOUR, NAME, NOON, World, attempt, job, run, simulated

_ARTIFACTS = 4
_CASES = 60_000
# Python holds four bytes for each character beside a wide one.
_WIDE = "\U0001f600"


def packed(number: int) -> bytes:
    """So many tests with long names, of which one in a thousand is bad and says why at length."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target, target.open("junit.xml", "w") as entry:
        entry.write(b"<testsuite>")
        for case in range(_CASES):
            why = f"<failure>{case} {_WIDE * 14_000}</failure>" if case % 1_000 == 0 else ""
            entry.write(f"<testcase name='{number}-{case}{_WIDE * 400}'>{why}</testcase>".encode())
        entry.write(b"</testsuite>")
    return buffer.getvalue()


async def peak_mib(folder: Path, how: str) -> int:
    """The most memory that a sync takes, in MiB, above what was taken before it."""
    began = NOON - 2 * HOUR
    jobs = [
        job(f"unit {number}", began, artifacts=(Artifact(number, f"junit-{number}", began + 50, content),))
        for number in range(1, _ARTIFACTS + 1)
        for content in [packed(number)]
    ]
    async with simulated(folder) as world:
        if how == "one":
            world.add(run(began, attempt(began, *jobs)))
        else:
            world.add(*(run(began, attempt(began, one)) for one in jobs))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        await sync(world)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


async def sync(world: World) -> None:
    """A sync into a store that keeps nothing: what DuckDB takes is its own affair."""
    async with world.pipeline() as pipeline:
        delivery = Delivery(pipeline.state, Lines(lambda _: None), patience=None)
        delivering = asyncio.create_task(delivery.run())
        (summary,) = await sync_all(pipeline, delivery, {NAME: False})
        delivery.finish()
        await delivering
    assert summary.error is None
    assert summary.tests > _CASES


if __name__ == "__main__":
    print(asyncio.run(peak_mib(Path(sys.argv[1]), sys.argv[2])))  # noqa: T201
