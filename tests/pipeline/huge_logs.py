"""Logs of 200 MB through the whole pipeline, several at once, and what a sync of them takes."""

import asyncio
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

from etl.demo.history import Log, Run
from tests.pipeline.world import HOUR, NOON, attempt, job, run, simulated

_LINE = b"2026-03-02T10:00:01.0000000Z %09d something went as it should, and as it always does\n"
_LINES_OF_A_CHUNK, _CHUNKS = 800, 2_500


def huge() -> Iterator[bytes]:
    """Lines, and at the end a failing test."""
    chunk = b"".join(_LINE % number for number in range(_LINES_OF_A_CHUNK))
    for _ in range(_CHUNKS):
        yield chunk
    yield b"2026-03-02T10:00:01.0000000Z --- FAIL: TestHuge (0.01s)\n"
    yield b"2026-03-02T10:00:01.0000000Z     huge_test.go:7: too much\n"
    yield b"2026-03-02T10:00:01.0000000Z FAIL\texample.com/huge\t0.2s\n"


async def peak_mib(folder: Path) -> int:
    """The most memory that a sync takes, in MiB, above what a small one takes."""
    async with simulated(folder) as world:
        world.add(_run(Log("--- FAIL: TestSmall (0.01s)\n    small_test.go:7: no\nFAIL")))
        await world.sync_well("small")
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        world.add(*(_run(Log(content=huge)) for _ in range(3)))
        await world.sync_well()
        tests = {point["test"] for point in world.points("test")}
    assert tests == {"TestSmall", "TestHuge"}, tests
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024


def _run(log: Log) -> Run:
    began = NOON - 2 * HOUR
    return run(began, attempt(began, job("unit", began, conclusion="failure", log=log)))


if __name__ == "__main__":
    print(asyncio.run(peak_mib(Path(sys.argv[1]))))  # noqa: T201
