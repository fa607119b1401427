"""The code of every benchmark, on small input: that it works and counts right, never how fast it is."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.__main__ import as_json, table
from benchmarks.measure import Outcome, Size, alternating
from benchmarks.suite import NAMES, measured

pytestmark = pytest.mark.slow

EXACT = {"requests"}
# Those that take a second or two; the others run in `make night`, and in full in `make bench`.
QUICK = {"encoding", "requests", "startup"}
ONE = Outcome("one", "a thing", "another", (2.0, 4.0, 3.0), (4.0, 4.0, 4.0), "s", 1.2, at_least=True)


def _marks(name: str) -> list[pytest.MarkDecorator]:
    return [] if name in QUICK else [pytest.mark.thorough]


@pytest.mark.parametrize("name", [pytest.param(name, marks=_marks(name)) for name in NAMES])
def test_it_works(name: str) -> None:
    outcomes = measured(name, Size.QUICK)
    assert outcomes
    for one in outcomes:
        assert len(one.ours) == len(one.theirs) > 0
        assert min(*one.ours, *one.theirs) >= 0
    if name in EXACT:
        assert all(one.met for one in outcomes)
        assert all(one.notes for one in outcomes)


def test_the_command_writes_what_it_measured(tmp_path: Path) -> None:
    written = tmp_path / "results.json"
    command = [sys.executable, "-m", "benchmarks", "encoding", "startup", "--quick", "--json", str(written)]
    subprocess.run(command, check=True, capture_output=True)
    outcomes = json.loads(written.read_text())["outcomes"]
    assert {one["name"] for one in outcomes} == {"encoding", "start"}


def test_a_ratio_is_the_median_of_pairs_and_says_how_many_times_as_fast() -> None:
    assert ONE.ratios == [1.0, pytest.approx(4 / 3), 2.0]
    assert ONE.ratio == pytest.approx(4 / 3)
    assert ONE.met
    most = replace(ONE, at_least=False)
    assert most.ratio == pytest.approx(3 / 4)
    assert most.met
    assert not replace(most, bar=0.7).met


def test_samples_are_taken_in_turns() -> None:
    calls: list[str] = []

    def called(name: str) -> float:
        calls.append(name)
        return 1.0

    assert alternating(lambda: called("a"), lambda: called("b"), 2) == ((1.0, 1.0), (1.0, 1.0))
    assert calls == ["a", "b"] * 3


def test_figures_are_shown_and_written() -> None:
    console = Console(width=120, file=io.StringIO())
    with console.capture() as shown:
        console.print(table([ONE]))
    assert "1.33" in shown.get()
    written = json.loads(as_json([ONE], None))
    assert written["outcomes"][0]["spread"] == [1.0, 2.0]
    assert set(written["machine"]) == {"processors", "python", "system"}
