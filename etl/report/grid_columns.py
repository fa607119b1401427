"""Columns of the grid: the newest commits, and what ran on them. Pure functions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from etl.model.writes import Row
from etl.queries import question
from etl.report.formats import unix_seconds
from etl.report.grid_cells import Execution
from etl.report.naming import names

# The questions that the grid is drawn from.
GRID: Final = ("latest_executions", "latest_results")
# More columns than these are left out, and the grid says so.
MAX_COMMITS: Final = 60
_SHORT_SHA: Final = 10


def whole_since(answers: Mapping[str, Sequence[Row]]) -> int:
    """The Unix time from which the answers of GRID are whole: 0 unless one has as many rows as it may have."""
    return max(_whole_since(name, answers.get(name, ())) for name in GRID)


def _whole_since(name: str, rows: Sequence[Row]) -> int:
    most: int = (question(name).options or {})["most_in_all"]
    return min(unix_seconds(row["time"]) for row in rows) if len(rows) >= most else 0


def columns_of(
    executions: Sequence[Row], whole_since: int, most: int = MAX_COMMITS
) -> tuple[list[tuple[str, int]], bool]:
    """The newest commits with the Unix time of their first execution, and whether there are older ones.

    The answer has so many executions of each job: where those of one end, the sheet ends, because an older
    column would show that it did not run. The newest commit is there in any case.
    """
    first: dict[str, int] = {}
    times: dict[str, list[int]] = defaultdict(list)
    for row in executions:
        moment = unix_seconds(row["time"])
        first[_commit(row)] = min(moment, first.get(_commit(row), moment))
        times[row["job"]].append(moment)
    asked: int = (question(GRID[0]).options or {})["most_rows"]
    since = max([whole_since, *(min(found) for found in times.values() if len(found) >= asked)])
    columns = sorted(first.items(), key=lambda one: (-one[1], one[0]))
    whole = [one for one in columns if one[1] >= since][:most] or columns[:1]
    return whole, len(whole) < len(columns) or since > 0


def executions_at(
    columns: Iterable[tuple[str, int]], executions: Iterable[Row]
) -> Mapping[str, list[Execution]]:
    """The executions of each job in these columns."""
    places = {commit: place for place, (commit, _) in enumerate(columns)}
    by_job: dict[str, list[Execution]] = defaultdict(list)
    for row in executions:
        if (place := places.get(_commit(row))) is not None:
            by_job[row["job"]].append(Execution(place, row["conclusion"], row["run_id"], row["job_id"]))
    return by_job


def _commit(row: Row) -> str:
    """What a column stands for: a commit, or the run if its commit is unknown."""
    return row["head_sha"] or f"run {row['run_id']}"


def commit_name(commit: str) -> str:
    """A column's commit as pages show it."""
    return names({"name": commit if commit.startswith("run ") else commit[:_SHORT_SHA]})[-1]
