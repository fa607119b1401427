"""The machine's clock as a process sees it, which a test sets while the process runs: libfaketime does it."""

import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True)
class MachineClock:
    """A clock by what stands in a file, in libfaketime's words: `+3h`, or `@2026-01-31 12:00:00 x1000`."""

    file: Path

    def set(self, to: str) -> None:
        """Set it, within a second."""
        new = self.file.with_suffix(".new")
        new.write_text(to, "ascii")
        new.replace(self.file)

    def variables(self) -> dict[str, str]:
        """What lets a process live by it; its monotonic clock stays what it is."""
        return {
            "TZ": "UTC",
            "LD_PRELOAD": _library(),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }


@cache
def _library() -> str:
    """What libfaketime's own command preloads; the command itself keeps signals from the process."""
    command = ["faketime", "-m", "-f", "+0", "printenv", "LD_PRELOAD"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
