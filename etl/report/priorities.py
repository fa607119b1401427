"""What to do first: the problems that last, the most expensive first, each once. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from etl.model.writes import Row
from etl.report.findings import sentence
from etl.report.page import names, path, web_address

MAX_PRIORITIES: Final = 10
# By kind of a problem, the kinds of a closer subject (a workflow's job, a job's test) that explain it.
_EXPLAINED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "broken": ("broken",),
    "flaky": ("flaky",),
    "less reliable": ("less reliable", "flaky", "broken"),
    "slower": ("slower",),
    "waits longer": ("waits longer",),
}
# Share of a problem's cost from which on the closer ones explain it.
_MIN_EXPLAINED: Final = 0.5
_SUBJECT: Final = ("repository", "workflow", "job", "suite", "name")
_NAMES: Final = {"repository", "workflow", "job", "name"}


@dataclass(frozen=True, slots=True)
class Priority:
    """Something to do: its name, where it is, what happened as a sentence, and what changed at GitHub."""

    name: str
    where: str
    sentence: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Priorities:
    """The first things to do, and how many more there are."""

    first: tuple[Priority, ...]
    more: int


def priorities(findings: Sequence[Row], n: int = MAX_PRIORITIES) -> Priorities:
    """The problems among rows of `findings` that last.

    A problem of a workflow or job is left out where those of its jobs or tests explain it; a test that
    fails in several jobs of a workflow is one problem.
    """
    lasting = [row for row in findings if row["kind"] in _EXPLAINED_BY and not row["until"]]
    closest = [row for row in lasting if not _is_explained(row, lasting)]
    rows = sorted(map(_together, _by_test(closest)), key=lambda row: -row["cost_minutes"])
    common = ("repository",) if len({row["repository"] for row in rows}) == 1 else ()
    return Priorities(tuple(_priority(row, common) for row in rows[:n]), max(0, len(rows) - n))


def _is_explained(row: Row, others: Iterable[Row]) -> bool:
    closer = [
        other for other in others if other["kind"] in _EXPLAINED_BY[row["kind"]] and _is_within(other, row)
    ]
    if row["kind"] == "broken":
        return bool(closer)
    return sum(other["cost_minutes"] for other in closer) >= _MIN_EXPLAINED * row["cost_minutes"] and bool(
        closer
    )


def _is_within(row: Row, wider: Row) -> bool:
    """Whether a row is of a job of the workflow, or of a test of the job."""
    return row["level"] != wider["level"] and all(
        not wider[name] or row[name] == wider[name] for name in _SUBJECT
    )


def _by_test(rows: Iterable[Row]) -> list[list[Row]]:
    """Rows of one test in several jobs together; each other row alone."""
    groups: dict[object, list[Row]] = {}
    for place, row in enumerate(rows):
        test = tuple(row[name] for name in ("repository", "kind", "workflow", "suite", "name"))
        groups.setdefault(test if row["level"] == "test" else place, []).append(row)
    return list(groups.values())


def _together(rows: Sequence[Row]) -> Row:
    """One row of several: the worst one's, with all their evidence and cost."""
    worst = max(rows, key=lambda row: (row["size"] or 0.0, row["cost_minutes"]))
    summed = {name: sum(row[name] for row in rows) for name in ("evidence", "proven", "cost_minutes")}
    jobs = {row["job"] for row in rows}
    where = worst["job"] if len(jobs) == 1 else f"{len(jobs)} jobs"
    return {**worst, **summed, "job": where, "since": min(row["since"] for row in rows)}


def _priority(row: Row, common: Sequence[str]) -> Priority:
    called = names({key: value for key, value in row.items() if key in _NAMES}, common)
    # What flakes did not begin with what changed.
    url = None if row["kind"] == "flaky" else web_address(row["url"])
    return Priority(called[-1], path(called[:-1]), sentence(row), url)
