"""Start of `ci-health --help`, against Python importing aiohttp."""

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.measure import Outcome, Size, alternating


def run(size: Size) -> list[Outcome]:
    """Seconds from the start to the end of a process."""
    program = Path(sys.executable).with_name("ci-health")
    ours, theirs = alternating(
        lambda: _seconds(str(program), "--help"),
        lambda: _seconds(sys.executable, "-c", "import aiohttp"),
        size.of(15, 1),
    )
    return [Outcome("start", "ci-health --help", "python -c 'import aiohttp'", ours, theirs, "s", 1.5)]


def _seconds(*command: str) -> float:
    began = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return time.perf_counter() - began
