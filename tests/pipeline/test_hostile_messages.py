"""Failing tests with long messages: what they hold is bounded, however well they are packed, and nobody waits for them."""

import asyncio
import os
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from etl.demo.history import Artifact
from etl.demo.suites import Case, Planned, archive, report
from etl.transform.failures.templates import Templates
from tests.pipeline.world import HOUR, NOON, attempt, job, run, simulated

ENTRIES, ENTRY = 16, 8_000_000
# What a sync may take above what it begins with; measured: 380 to 520, and 1,200 to 3,400 without bounds.
MAX_OF_RUNS_MIB = 750
AS_THE_IMAGE = {"MALLOC_ARENA_MAX": "2"}
# Above what reading takes that finds nothing. The results of one artifact.
MAX_MIB = 256

READ = """
import resource, sys
from etl.extract.archive import read_artifact
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open(sys.argv[1], "rb") as file:
    read_artifact(file, "junit")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def artifact(path: Path) -> None:
    """A few hundred KiB that unpack to 128 MB: Python holds four bytes for each character beside a wide one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for number in range(ENTRIES):
            with target.open(f"{number}.xml", "w") as entry:
                entry.write(b"<testsuites>")
                for test in range(ENTRY // 16_200):
                    message = f"\U0001f600{number}-{test} {'a' * 16_000}"
                    case = (
                        f"<testsuite><testcase name='t'><failure>{message}</failure></testcase></testsuite>"
                    )
                    entry.write(case.encode())
                entry.write(b"</testsuites>")


def test_the_results_of_an_artifact_are_bounded(tmp_path: Path) -> None:
    artifact(tmp_path / "junit.zip")
    read = [sys.executable, "-c", READ, str(tmp_path / "junit.zip")]
    output = subprocess.run(read, check=True, capture_output=True, text=True)
    assert int(output.stdout) < MAX_MIB


@pytest.mark.thorough
@pytest.mark.parametrize("how", ["many", "one"])
def test_runs_that_are_under_way_are_bounded_each_and_together(tmp_path: Path, how: str) -> None:
    """Four artifacts of one run, and of a run each."""
    read = [sys.executable, "-m", "tests.pipeline.heavy", str(tmp_path), how]
    environment = os.environ | AS_THE_IMAGE
    output = subprocess.run(read, check=True, capture_output=True, text=True, env=environment)
    assert int(output.stdout.splitlines()[-1]) < MAX_OF_RUNS_MIB
    assert ("tests.largest_run" in output.stdout) == (how == "one")


def failing(number: int, message: str) -> bytes:
    """An artifact of so many tests that failed."""
    plans = (Planned("suite", f"bad-{one}") for one in range(number))
    cases = [Case(plan, red=True, seconds=0.1, message=message) for plan in plans]
    return archive([("junit.xml", report(cases))])


async def test_all_else_goes_on_while_messages_become_templates(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Thousands of messages that were made for it take a minute: `/healthz` has to answer meanwhile."""
    loop, template, goes_on = asyncio.get_running_loop(), Templates.__call__, threading.Event()

    def wait_for_the_others(templates: Templates, message: str) -> str:
        loop.call_soon_threadsafe(goes_on.set)
        assert goes_on.wait(30), "the event loop stands still"
        return template(templates, message)

    monkeypatch.setattr(Templates, "__call__", wait_for_the_others)
    began = NOON - 2 * HOUR
    async with simulated(tmp_path) as world:
        artifact = Artifact(1, "junit", began + 50, failing(4, "x" * 16_000))
        world.add(run(began, attempt(began, job("unit", began, artifacts=(artifact,)))))
        await world.sync_well()
    assert len(world.points("failure")) == 4
