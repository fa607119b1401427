"""Grids of one thing: its outcomes on the newest commits of each branch. Pure functions."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from etl.model.writes import Row
from etl.report.addresses import Links
from etl.report.grid import (
    Shown,
    address_of_runs,
    branches_of,
    called_branches,
    cells_of,
    cells_of_tests,
    natural,
    sheet,
)
from etl.report.grid_cells import Cell, Execution, by_differences
from etl.report.grid_columns import columns_of, commit_name, executions_at
from etl.report.grid_marks import marks
from etl.report.naming import names
from etl.report.pages.parts import Part

_MAX_JOBS: Final = 40
MAX_COMMITS: Final = 100  # as many as an answer has executions of a job


def history(
    executions: Sequence[Row],
    results: Sequence[Row],
    findings: Sequence[Row],
    since: int,
    draw: Callable[[Shown], dict[str, Any]],
) -> list[Part]:
    """A sheet for each branch, as `draw` makes it; none if nothing is known."""
    of = {name: _by_branch(rows) for name, rows in (("executions", executions), ("results", results))}
    branches = branches_of(executions)
    sheets = [
        {
            "name": "",
            "branch": place,
            "page": None,
            **draw(Shown(of["executions"][branch], of["results"][branch], findings, since)),
        }
        for place, branch in enumerate(branches)
    ]
    if not any(one["rows"] for one in sheets):
        return []
    field = {"branches": called_branches(branches), "sheets": sheets, "left_out": [0] * len(branches)}
    return [{"type": "grid", "title": "Results by commit", "field": by_differences(field)}]


def of_jobs(link: Links, most: int = MAX_COMMITS) -> Callable[[Shown], dict[str, Any]]:
    """Draws jobs and the tests that failed in them on so many commits, as the report's grid does."""
    return lambda shown: sheet(shown, link, most)


def of_test(test: Row, link: Links) -> Callable[[Shown], dict[str, Any]]:
    """Draws a test with a row for each job that it runs in."""

    def draw(shown: Shown) -> dict[str, Any]:
        columns, older = columns_of(shown.executions, shown.since, MAX_COMMITS)
        by_job = executions_at(columns, shown.executions)
        results = defaultdict(list)
        for row in shown.results:
            results[row["job"]].append(row)
        jobs = sorted(results, key=natural)
        rows = []
        for job in jobs[:_MAX_JOBS]:
            packed = [cell.packed() for cell in _cells(results[job], by_job.get(job, []))]
            called = names({"job": job})[-1]
            own = [row for row in shown.applying if row["job"] == job]
            found = marks(own, columns, level="test", suite=test["suite"], name=test["test"])
            page = link({"repository": test["repository"], "workflow": test["workflow"], "job": job})
            if packed:
                rows.append(
                    {
                        "name": called,
                        "title": called,
                        "group": "",
                        "page": page,
                        "cells": packed,
                        "marks": found,
                    }
                )
        more = len(jobs) - _MAX_JOBS
        return {
            "address": address_of_runs(shown.executions),
            "columns": [[commit_name(commit), moment] for commit, moment in columns],
            "marks": [],
            "rows": rows,
            "older": older,
            "left_out": f"{more} jobs" if more > 0 else "",
        }

    return draw


def _cells(results: Sequence[Row], executions: Sequence[Execution]) -> list[Cell]:
    """The cells of a test in a job; where only its failures are known, it passed wherever the job did."""
    found = cells_of_tests(results, {row["job"]: executions for row in results})
    if found or any(row["outcome"] not in ("failed", "error") for row in results):
        return [cell for cells in found.values() for cell in cells]
    return cells_of(one for one in executions if one.is_pass)


def _by_branch(rows: Sequence[Row]) -> Mapping[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["branch"]].append(row)
    return found
