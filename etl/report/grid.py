"""The grid: the newest commits across, jobs and failing tests down, and an outcome in each cell.

A sheet is a workflow on a branch: its commits are the sheet's columns, the newest first. What ran several
times on a commit is one cell, and a failure beside a pass there is a flake. Pure functions.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from etl.model.tag_values import is_named
from etl.model.writes import Row
from etl.report.addresses import Links, nowhere
from etl.report.grid_cells import Cell, Execution, Outcome, job_cell, test_cell
from etl.report.grid_columns import GRID, MAX_COMMITS, columns_of, commit_name, executions_at, whole_since
from etl.report.grid_marks import marks
from etl.report.naming import names, path
from etl.report.page import web_address

# More rows than these are left out, and the grid says so.
MAX_JOBS: Final = 40
MAX_TESTS: Final = 20
MAX_SHEETS: Final = 12
_FAILING: Final = "Tests that failed"

_Sheet = tuple[str, str, str]  # repository, workflow and branch


def grid(answers: Mapping[str, Sequence[Row]], link: Links = nowhere) -> dict[str, Any]:
    """The sheets as JSON-compatible values for the script, those with the most failures first.

    `answers` has the rows of GRID and of `findings`. Branches with a name come before pull requests and
    others, the one with the most executions first. `link` gives the rows' pages.
    """
    executions, results = (_by_sheet(answers.get(name, ())) for name in GRID)
    branches = branches_of(answers.get(GRID[0], ()))
    several = len({repository for repository, _, _ in executions}) > 1
    since = whole_since(answers)
    drawn, left_out = [], []
    for place, branch in enumerate(branches):
        found = []
        for key in sorted(name for name in executions if name[2] == branch):
            repository, workflow, _ = key
            findings = [
                row
                for row in answers.get("findings", ())
                if (row["repository"], row["workflow"]) == (repository, workflow)
            ]
            called = names({"repository": repository if several else None, "workflow": workflow})
            shown = Shown(executions[key], results.get(key, ()), findings, since)
            own = {"page": link({"repository": repository, "workflow": workflow})}
            found.append({"name": path(called), "branch": place, **own, **sheet(shown, link)})
        found.sort(key=_failures, reverse=True)
        drawn += found[:MAX_SHEETS]
        left_out.append(max(0, len(found) - MAX_SHEETS))
    return {"branches": called_branches(branches), "sheets": drawn, "left_out": left_out}


def called_branches(branches: Iterable[str]) -> list[str]:
    """Branches as pages show them."""
    return [names({"name": branch})[-1] for branch in branches]


def branches_of(executions: Iterable[Row]) -> list[str]:
    """The branches of executions: those with a name first, the one with the most executions first."""
    count: dict[str, int] = defaultdict(int)
    for row in executions:
        count[row["branch"]] += 1
    return sorted(count, key=lambda name: (not is_named(name), -count[name], name))


def _by_sheet(rows: Iterable[Row]) -> Mapping[_Sheet, list[Row]]:
    found: dict[_Sheet, list[Row]] = defaultdict(list)
    for row in rows:
        found[row["repository"], row["workflow"], row["branch"]].append(row)
    return found


@dataclass(frozen=True, slots=True)
class Shown:
    """What a sheet shows: executions of a workflow's jobs on one branch, results of tests in them and findings.

    The answers are whole from `since` on, in Unix seconds.
    """

    executions: Sequence[Row]
    results: Sequence[Row]
    findings: Sequence[Row]
    since: int

    @property
    def applying(self) -> list[Row]:
        """The findings that are about this branch: breaks of it, and what holds of every branch with a name.

        What is flaky is so on all.
        """
        branch = self.executions[0]["branch"]
        return [
            row
            for row in self.findings
            if row["kind"] == "flaky" or (is_named(branch) and row["branch"] in (None, branch))
        ]


def sheet(shown: Shown, link: Links = nowhere, most: int = MAX_COMMITS) -> dict[str, Any]:
    """A sheet's rows and at most so many columns; what did not run on any of its commits has no row."""
    columns, older = columns_of(shown.executions, shown.since, most)
    by_job = executions_at(columns, shown.executions)
    groups = {row["job"]: row["job_group"] for row in shown.executions}
    jobs = [(job, cells_of(found)) for job, found in by_job.items()]
    tests = [(test, cells) for test, cells in cells_of_tests(shown.results, by_job).items() if cells]
    kept_jobs = sorted(_most_failing(jobs, MAX_JOBS), key=lambda one: natural(groups[one[0]], one[0]))
    kept_tests = _most_failing(tests, MAX_TESTS)
    shared = [groups[job] for job, _ in kept_jobs]
    findings = shown.applying
    of = {name: shown.executions[0][name] for name in ("repository", "workflow")}
    return {
        "address": address_of_runs(shown.executions),
        "columns": [[commit_name(commit), moment] for commit, moment in columns],
        "marks": marks(findings, columns, level="workflow"),
        "rows": [
            *(
                {
                    **_label(job, groups[job], shared.count(groups[job]) > 1),
                    "page": link({**of, "job": job}),
                    "cells": [cell.packed() for cell in cells],
                    "marks": marks(findings, columns, level="job", job=job),
                }
                for job, cells in kept_jobs
            ),
            *(
                {
                    "name": names({"test": test})[-1],
                    "title": path(names({"suite": suite, "test": test})),
                    "group": _FAILING,
                    "page": link({**of, "suite": suite, "test": test}),
                    "cells": [cell.packed() for cell in cells],
                    "marks": marks(findings, columns, level="test", suite=suite, name=test),
                }
                for (suite, test), cells in kept_tests
            ),
        ],
        "older": older,
        "left_out": _left_out(len(jobs) - len(kept_jobs), len(tests) - len(kept_tests)),
    }


def cells_of(executions: Iterable[Execution]) -> list[Cell]:
    """The cells of executions of one job."""
    by_column: dict[int, list[Execution]] = defaultdict(list)
    for one in executions:
        by_column[one.column].append(one)
    return [job_cell(place, found) for place, found in sorted(by_column.items())]


def cells_of_tests(
    results: Sequence[Row], by_job: Mapping[str, Sequence[Execution]]
) -> Mapping[tuple[str | None, str], list[Cell]]:
    """The cells of each test over all its jobs.

    Of a job without reports only failures are known: its tests passed wherever it succeeded.
    """
    known = {(job, one.job_id): one for job, found in by_job.items() for one in found}
    reporting = {row["job"] for row in results if row["outcome"] not in ("failed", "error")}
    found: dict[tuple[str | None, str], dict[int, dict[str, list[Execution]]]] = defaultdict(
        lambda: defaultdict(lambda: defaultdict(list))
    )
    jobs: dict[tuple[str | None, str], set[str]] = defaultdict(set)
    for row in results:
        if (of := known.get((row["job"], row["job_id"]))) is not None:
            test = (row["suite"], row["test"])
            found[test][of.column][row["job"]].append(of.ended(row["outcome"]))
            jobs[test].add(row["job"])
    for test, own in jobs.items():
        for job in own - reporting:
            for one in by_job[job]:
                if one.is_pass:
                    found[test][one.column][job].append(one)
    return {
        test: [test_cell(place, in_jobs) for place, in_jobs in sorted(columns.items())]
        for test, columns in found.items()
    }


def _most_failing(rows: Sequence[tuple[Any, list[Cell]]], most: int) -> list[tuple[Any, list[Cell]]]:
    """So many rows at most: those with the most failures; ties by name."""
    return sorted(rows, key=lambda one: (-sum(cell.is_bad for cell in one[1]), str(one[0])))[:most]


def natural(*texts: str) -> list[Any]:
    """A sort key by which `2` comes before `10`."""
    return [
        [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in re.split(r"(\d+)", text)]
        for text in texts
    ]


def _label(job: str, group: str, is_shared: bool) -> dict[str, str]:
    """A job's name, of which what the jobs of a matrix share is their group's."""
    whole = names({"job": job})[-1]
    own = job.removeprefix(group).strip()
    if not is_shared or not job.startswith(group) or not own:
        return {"name": whole, "title": whole, "group": ""}
    own = own[1:-1] if own.startswith("(") and own.endswith(")") else own
    return {"name": names({"job": own or job})[-1], "title": whole, "group": names({"job": group})[-1]}


def address_of_runs(executions: Sequence[Row]) -> str | None:
    """The address of runs, to which a run's and a job's ids are added; None if it is no web address."""
    row = executions[0]
    end = f"{row['run_id']}/job/{row['job_id']}"
    url = web_address(row["url"])
    return url.removesuffix(end) if url and url.endswith(f"/{end}") else None


def _failures(sheet: Mapping[str, Any]) -> int:
    return sum(Outcome(cell[1]).is_bad for row in sheet["rows"] for cell in row["cells"])


def _left_out(jobs: int, tests: int) -> str:
    counts = {"jobs": jobs, "tests": tests}
    return ", ".join(f"{count} {name} that failed less often" for name, count in counts.items() if count)
