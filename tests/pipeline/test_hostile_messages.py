"""Failing tests with long messages: what an artifact's results hold is bounded, however well they are packed."""

import subprocess
import sys
import zipfile
from pathlib import Path

ENTRIES, ENTRY = 16, 8_000_000
# Above what reading takes that finds nothing. The results of one artifact; eight are read at once.
MOST_MIB = 256
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
    output = subprocess.run(read, check=True, capture_output=True, text=True, timeout=100)
    assert int(output.stdout) < MOST_MIB
