"""Cells of the grid: what several executions on one commit come to. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any, Final

from etl.model.schema import FAILURES, SUCCESS
from etl.report.naming import names

_PASSES: Final = (SUCCESS, "passed")
_FAILURES: Final = (*FAILURES, "failed", "error")
_MAX_JOBS: Final = 4


class Outcome(IntEnum):
    """What a cell shows; the script draws each in a shape of its own."""

    PASSED = 0
    FAILED = 1
    FLAKED = 2
    LEFT_OUT = 3  # cancelled or skipped

    @property
    def is_bad(self) -> bool:
        """Whether something failed."""
        return self in (Outcome.FAILED, Outcome.FLAKED)


@dataclass(frozen=True, slots=True)
class Execution:
    """An execution of a job, or a result of a test in it; `ending` is its conclusion or outcome."""

    column: int
    ending: str
    run_id: int
    job_id: int

    @property
    def is_pass(self) -> bool:
        """Whether it passed."""
        return self.ending in _PASSES

    @property
    def is_failure(self) -> bool:
        """Whether it failed."""
        return self.ending in _FAILURES

    def ended(self, ending: str) -> "Execution":
        """The same execution with another ending: that of a test."""
        return replace(self, ending=ending)


@dataclass(frozen=True, slots=True)
class Cell:
    """A column's outcome, the execution that its link leads to, and what happened as text."""

    column: int
    outcome: Outcome
    run_id: int
    job_id: int
    text: str

    @property
    def is_bad(self) -> bool:
        """Whether something failed."""
        return self.outcome.is_bad

    def packed(self) -> list[Any]:
        """The cell for the script, without a text that the outcome says by itself."""
        return [self.column, int(self.outcome), self.run_id, self.job_id, *([self.text] if self.text else [])]


def job_cell(column: int, executions: Sequence[Execution]) -> Cell:
    """The cell of a job from its executions on a commit, the oldest first."""
    text = _counted(executions) if len(executions) > 1 else _unusual(executions[0])
    return _cell(column, _outcome(executions), executions, text)


def test_cell(column: int, in_jobs: Mapping[str, Sequence[Execution]]) -> Cell:
    """The cell of a test from its results on a commit in each job: the worst of these.

    That it failed in one job and passed in another is no flake.
    """
    outcomes = {job: _outcome(found) for job, found in in_jobs.items()}
    rank = (Outcome.FAILED, Outcome.FLAKED, Outcome.PASSED, Outcome.LEFT_OUT)
    worst = min(outcomes.values(), key=rank.index)
    bad = [names({"job": job})[-1] for job, outcome in sorted(outcomes.items()) if outcome.is_bad]
    text = ""
    if bad:
        what = "Failed" if worst is Outcome.FAILED else "Failed and passed"
        many = f"{len(bad)} of {len(outcomes)} jobs: " if len(outcomes) > 1 else ""
        more = f" and {len(bad) - _MAX_JOBS} more" if len(bad) > _MAX_JOBS else ""
        text = f"{what} in {many}{', '.join(bad[:_MAX_JOBS])}{more}"
    return _cell(column, worst, [one for found in in_jobs.values() for one in found], text)


def _cell(column: int, outcome: Outcome, executions: Sequence[Execution], text: str) -> Cell:
    shown = next((one for one in reversed(executions) if one.is_failure), executions[-1])
    return Cell(column, outcome, shown.run_id, shown.job_id, text)


def _outcome(executions: Iterable[Execution]) -> Outcome:
    passed, failed = False, False
    for one in executions:
        passed, failed = passed or one.is_pass, failed or one.is_failure
    if failed:
        return Outcome.FLAKED if passed else Outcome.FAILED
    return Outcome.PASSED if passed else Outcome.LEFT_OUT


def _counted(executions: Sequence[Execution]) -> str:
    failed = sum(one.is_failure for one in executions)
    passed = sum(one.is_pass for one in executions)
    counts = {"failed": failed, "passed": passed, "cancelled or skipped": len(executions) - failed - passed}
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count)


def _unusual(one: Execution) -> str:
    """A conclusion that its outcome does not say: `timed out`, `startup failure`, `cancelled`."""
    usual = one.ending in (SUCCESS, "failure")
    return "" if usual else names({"name": one.ending.replace("_", " ").capitalize()})[-1]


def by_differences(field: Mapping[str, Any]) -> dict[str, Any]:
    """A grid whose cells have, in place of the ids of runs and jobs, their differences to the cell before.

    Ids have eleven digits and grow with time: half of a large report would be those of its grids.
    """
    sheets = [
        {**sheet, "rows": [{**row, "cells": _differences(row["cells"])} for row in sheet["rows"]]}
        for sheet in field["sheets"]
    ]
    return {**field, "sheets": sheets}


def _differences(cells: Iterable[list[Any]]) -> list[list[Any]]:
    found, before = [], (0, 0)
    for column, outcome, run_id, job_id, *text in cells:
        found.append([column, outcome, run_id - before[0], job_id - before[1], *text])
        before = run_id, job_id
    return found
