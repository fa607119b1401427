"""Whatever an artifact is, it affects nothing else, and takes no more than so much memory."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.hostile import REASONS

# Most that all of them may take above a sync of as many good ones; measured: 18 MiB.
MAX_MIB = 60


def sync(folder: Path, *names: str) -> dict[str, Any]:
    """What a process of its own makes of these artifacts."""
    command = [sys.executable, "-m", "tests.pipeline.hostile", str(folder), *names]
    output = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(output.stdout)
    return found


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All of them in one sync."""
    return sync(tmp_path_factory.mktemp("hostile"), *REASONS)


@pytest.mark.parametrize("name", REASONS)
def test_it_is_reported_by_its_name_and_reason(hostile: dict[str, Any], name: str) -> None:
    (told,) = [detail for detail in hostile["anomalies"] if f"'junit-{name}'" in detail]
    assert REASONS[name] in told


def test_it_affects_nothing_else(hostile: dict[str, Any]) -> None:
    assert hostile["runs"] == len(REASONS)
    assert len(hostile["anomalies"]) == len(REASONS)
    stored = [job for job, total in hostile["stored"] if total == 2]
    assert stored == ["fine"] * len(REASONS)


def test_nothing_is_told_of_signed_urls(hostile: dict[str, Any]) -> None:
    assert "sig=" not in hostile["logs"]


def test_memory_stays_bounded(hostile: dict[str, Any], tmp_path: Path) -> None:
    harmless = sync(tmp_path, *(f"harmless-{number}" for number in range(len(REASONS))))
    assert (harmless["runs"], harmless["anomalies"]) == (len(REASONS), [])
    assert (hostile["peak"] - harmless["peak"]) / 1024 < MAX_MIB
