"""A simulated GitHub in a process of its own: `python -m benchmarks.github '{"runs": 10, …}' DELAY_S`.

It prints its address, and ends when its input does.
"""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.project import NO_LIMIT, project
from etl.demo import faults
from etl.demo.server import SimulatedGitHub


@contextmanager
def serving(delay_s: float = 0.0, **kind: Any) -> Iterator[str]:
    """The address of one that serves `project(**kind)`, each answer so late."""
    command = [sys.executable, "-m", "benchmarks.github", json.dumps(kind), str(delay_s)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        assert process.stdin
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


async def _serve(kind: dict[str, Any], delay_s: float) -> None:
    github = SimulatedGitHub(project(**kind), rate_limit=NO_LIMIT)
    if delay_s:
        github.faults.add("", faults.delay(delay_s), times=None)
    async with github as url:
        print(url, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_serve(json.loads(sys.argv[1]), float(sys.argv[2])))
