"""What to do first: ongoing problems without duplicates, most expensive first. Pure functions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from etl.model.writes import Row
from etl.report.addresses import Links, nowhere
from etl.report.findings import sentence
from etl.report.formats import single_line
from etl.report.naming import MAX_NAME, excerpt, names, path
from etl.report.page import web_address
from etl.report.things import grouped, merged_findings

MAX_PRIORITIES: Final = 10
# For each kind of problem, the kinds that explain it in a workflow's job or a job's test.
_EXPLAINED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "broken": ("broken",),
    "flaky": ("flaky",),
    "less reliable": ("less reliable", "flaky", "broken"),
    "slower": ("slower",),
    "waits longer": ("waits longer",),
    # Nothing is closer to it: it is of many jobs.
    "spreading": (),
}
# Share of a problem's cost that more specific ones must cover to explain it.
_MIN_EXPLAINED: Final = 0.5
_SUBJECT: Final = ("repository", "workflow", "job", "suite", "name", "branch")
_NAMES: Final = {"repository", "workflow", "job", "name"}


@dataclass(frozen=True, slots=True)
class Priority:
    """Something to fix: its name, its place, what happened as a sentence, and a link to the change.

    `page` is the place of its page in the report.
    """

    name: str
    where: str
    sentence: str
    url: str | None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Priorities:
    """The first things to fix, and how many more there are."""

    first: tuple[Priority, ...]
    more: int


def priorities(findings: Sequence[Row], n: int = MAX_PRIORITIES, link: Links = nowhere) -> Priorities:
    """The ongoing problems among rows of `findings`, without duplicates."""
    rows = distinct(row for row in findings if not row["until"])
    called = prioritised(rows, link=link)
    return Priorities(called[:n], max(0, len(rows) - n))


def distinct(findings: Iterable[Row]) -> list[Row]:
    """The problems among rows of `findings`, each once, the most expensive first.

    A problem of a workflow or job is left out if problems of its jobs or tests explain it; a test that
    fails in several jobs of a workflow is one problem.
    """
    problems = [row for row in findings if row["kind"] in _EXPLAINED_BY]
    closest = [row for row in problems if not _is_explained(row, problems)]
    return sorted(map(_as_one, _by_test(closest)), key=lambda row: -row["cost_minutes"])


def prioritised(
    rows: Sequence[Row], say: Callable[[Row], str] = sentence, link: Links = nowhere
) -> tuple[Priority, ...]:
    """The rows with their names; a repository that all have in common is left out."""
    common = ("repository",) if len({row["repository"] for row in rows}) == 1 else ()
    return tuple(replace(_priority(row, common, say), page=link(row)) for row in rows)


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
    """Whether `row` is about a job of the wider row's workflow, or a test of its job."""
    return row["level"] != wider["level"] and all(
        not wider[name] or row[name] == wider[name] for name in _SUBJECT
    )


def _by_test(rows: Iterable[Row]) -> list[list[Row]]:
    return grouped(rows, ("repository", "kind", "branch", "workflow", "suite", "name"))


def _as_one(rows: Sequence[Row]) -> Row:
    jobs = {row["job"] for row in rows}
    return {**merged_findings(rows), "job": rows[0]["job"] if len(jobs) == 1 else f"{len(jobs)} jobs"}


def _priority(row: Row, common: Sequence[str], say: Callable[[Row], str]) -> Priority:
    called = names({key: value for key, value in row.items() if key in _NAMES}, common)
    # A flake is not caused by the linked change.
    url = None if row["kind"] == "flaky" else web_address(row["url"])
    branch = f"branch {excerpt(single_line(row['branch']), MAX_NAME)}" if row["branch"] else ""
    return Priority(called[-1], ", ".join(filter(None, (path(called[:-1]), branch))), say(row), url)
