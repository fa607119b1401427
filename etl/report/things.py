"""Things, not rows: a test that runs in several jobs of a workflow is one row of a table. Pure functions.

Such a row has the counts of all its jobs, the state of the worst, and the rows of the jobs under `WITHIN`.
Programs get the jobs' rows alone.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from etl.judge.intervals import wilson_interval
from etl.model.writes import Row
from etl.report.formats import shared_start

# The key of a row's own rows, one for each job.
WITHIN: Final = "within"
# States from the worst on.
_STATES: Final = ("broken", "failing", "flaky", "quiet", "passing")
_TEST: Final = ("repository", "workflow", "suite")

Merge = Callable[[Sequence[Row]], Row]


def failing_tests(rows: Iterable[Row]) -> list[Row]:
    """Rows of `tests` with one for each test; where the first of its jobs stood."""
    return [_merged(group, _failing) for group in grouped(rows, (*_TEST, "test"))]


def flaky_tests(rows: Iterable[Row]) -> list[Row]:
    """Rows of `flaky` with one for each test, the surest first; jobs stay as they are."""
    merged = [_merged(group, _flaky) for group in grouped(rows, (*_TEST, "test"))]
    return sorted(merged, key=lambda row: (row["score"] is None, -(row["score"] or 0.0), -row["flakes"]))


def found_tests(rows: Iterable[Row]) -> list[Row]:
    """Rows of `findings` with one for each kind of finding of a test, the most expensive first.

    Those of a job or a workflow stay as they are, and so do those of a test in one job: each had a cause.
    """
    merged = [
        row
        for group in grouped(rows, ("kind", "branch", *_TEST, "name"))
        for row in ([_merged(group, merged_findings)] if len({one["job"] for one in group}) > 1 else group)
    ]
    return sorted(merged, key=lambda row: -row["cost_minutes"])


def merged_findings(rows: Sequence[Row]) -> Row:
    """Findings of one test as one: the worst, since the first, with the evidence and cost of all."""
    worst = max(rows, key=lambda row: (row["size"] or 0.0, row["cost_minutes"]))
    summed = {name: sum(row[name] for row in rows) for name in ("evidence", "proven", "cost_minutes")}
    return {**worst, **summed, "since": min(row["since"] for row in rows)}


def grouped(rows: Iterable[Row], names: Sequence[str]) -> list[list[Row]]:
    """Groups the rows of a test, which `names` tell, the last of them by its name; others stand alone."""
    groups: dict[object, list[Row]] = {}
    for place, row in enumerate(rows):
        test = tuple(row[name] for name in names) if row[names[-1]] is not None else place
        groups.setdefault(test, []).append(row)
    return list(groups.values())


def jobs_named(rows: Sequence[Row]) -> str:
    """The jobs of rows as text: the only one, or what their names share and how many there are."""
    jobs = sorted({row["job"] for row in rows})
    if len(jobs) == 1:
        return str(jobs[0])
    shared = shared_start(jobs).rstrip(" (/:-._")
    return f"{shared} ({len(jobs)} jobs)" if shared else f"{len(jobs)} jobs"


def _merged(rows: Sequence[Row], merge: Merge) -> Row:
    if len(rows) == 1:
        return rows[0]
    return {**merge(rows), "job": jobs_named(rows), WITHIN: rows}


def _failing(rows: Sequence[Row]) -> Row:
    runs, failures = _sum(rows, "runs"), _sum(rows, "failures")
    timed = [row for row in rows if row["mean_s"] is not None]
    weight = _sum(timed, "runs")
    return {
        **rows[0],
        "runs": runs,
        "failures": failures,
        "failures_before": _sum(rows, "failures_before"),
        "failure_rate": failures / runs if runs >= failures else None,
        "mean_s": sum(row["mean_s"] * row["runs"] for row in timed) / weight if weight else None,
        "last_failure": max(row["last_failure"] for row in rows),
        "state": _worst(rows),
    }


def _flaky(rows: Sequence[Row]) -> Row:
    """All its jobs together; the flakes are those of the stronger evidence, so that the two are never added up."""
    evidence = min(row["evidence"] for row in rows)  # proven comes before suspected
    alike = [row for row in rows if row["evidence"] == evidence]
    runs = _sum(rows, "runs")
    is_known = runs > 0 and all(row["flake_rate"] is not None for row in rows)
    rate = sum(row["flake_rate"] * row["runs"] for row in rows) / runs if is_known else None
    low, high = wilson_interval(rate * runs, runs) if rate is not None else (None, None)
    return {
        **max(alike, key=lambda row: row["last_seen"]),  # with its message and links
        "probability": max(row["probability"] for row in alike),
        "runs": runs,
        "flakes": _sum(alike, "flakes"),
        "flake_rate": rate,
        "rate_low": low,
        "rate_high": high,
        "score": low,
        "last_seen": max(row["last_seen"] for row in rows),
        "first_seen": min(row["first_seen"] for row in rows),
        "state": _worst(rows),
    }


def _sum(rows: Iterable[Row], name: str) -> Any:
    return sum(row[name] for row in rows)


def _worst(rows: Iterable[Row]) -> str:
    states: set[str] = {row["state"] for row in rows}
    return min(states, key=_STATES.index)
