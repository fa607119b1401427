"""What to fix first: the most expensive rows of each answer, with a sentence each. Pure functions."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from etl.model.writes import Row
from etl.report.formats import Kind, duration, hours, percent, thousands, written
from etl.report.page import names, path, web_address
from etl.report.rank import broken_now, most_common, most_failing

_MOST: Final = 3


@dataclass(frozen=True, slots=True)
class Item:
    """Something to fix: its name, where it is, why it is listed, and its page at GitHub."""

    name: str
    where: str
    why: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Lead:
    """A reason to look at the rows of `question`, with the worst rows first."""

    title: str
    question: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class _Reason:
    title: str
    question: str
    worst: Callable[[Iterable[Row]], Sequence[Row]]
    why: Callable[[Row], str]


def priorities(answers: Mapping[str, Sequence[Row]]) -> list[Lead]:
    """The reasons that have any rows, most important first."""
    repositories = {row["repository"] for rows in answers.values() for row in rows if "repository" in row}
    common = ("signature", "repository") if len(repositories) == 1 else ("signature",)
    found = [(reason, reason.worst(answers.get(reason.question, ()))[:_MOST]) for reason in _REASONS]
    return [
        Lead(
            reason.title,
            reason.question,
            tuple(
                _item(names(row, common), reason.why(row), row.get("url") or row.get("failed_url"))
                for row in rows
            ),
        )
        for reason, rows in found
        if rows
    ]


def _item(called: Sequence[str], why: str, url: str | None) -> Item:
    return Item(called[-1], path(called[:-1]), why, web_address(url))


def _broken(rows: Iterable[Row]) -> Sequence[Row]:
    """Tests that failed every time recently, those that failed most often first."""
    return [row for row in most_failing(rows) if row["state"] == "broken"]


def _failing(rows: Iterable[Row]) -> Sequence[Row]:
    """Jobs by how many of their executions failed: the rate of a rare job says little about its cost."""
    return sorted((row for row in rows if _failures(row)), key=lambda row: -_failures(row))


def _failures(row: Row) -> int:
    return int(row["total"] - row["success"])


def _flaking(rows: Iterable[Row]) -> Sequence[Row]:
    """What still flakes, by how often it flaked."""
    return sorted((row for row in rows if row["state"] == "flaky"), key=lambda row: -row["flakes"])


def _worse(row: Row) -> str:
    """What got worse by how much, and what that cost."""
    changes = {
        "slower": lambda: f"{duration(row['p50_s_before'])} → {duration(row['p50_s'])}, median",
        "less reliable": lambda: (
            f"{percent(row['success_rate_before'])} → {percent(row['success_rate'])} succeed"
        ),
        "flakier": lambda: (
            f"flaked {_times(row['flakes'])}, {_times(row['flakes_before'])} in the period before"
        ),
    }
    return f"{row['reason']}: {changes[row['reason']]()}; cost {duration(row['cost_minutes'] * 60)}"


def _flake(row: Row) -> str:
    rate = "" if row["flake_rate"] is None else f" ({percent(row['flake_rate'])} of runs)"
    wasted = f", {duration(row['wasted_minutes'] * 60)} wasted" if row["wasted_minutes"] else ""
    return f"flaked {_times(row['flakes'])}{rate}{wasted}, last {_day(row['last_seen'])}"


def _day(time: str) -> str:
    """A date with non-breaking hyphens."""
    return written(time, Kind.TIME).replace("-", "\u2011")


def _times(count: float) -> str:
    return {0: "never", 1: "once"}.get(int(count), f"{thousands(count)} times")


def _runs(count: float) -> str:
    return "1 run" if count == 1 else f"{thousands(count)} runs"


def _jobs(count: float) -> str:
    return "1 job" if count == 1 else f"{thousands(count)} jobs"


_REASONS: Final = (
    _Reason(
        "Broken now",
        "broken",
        broken_now,
        lambda row: (
            f"red for {hours(row['hours'])}, since {written(row['first_bad_sha'], Kind.COMMIT)} of {_day(row['since'])}"
        ),
    ),
    _Reason("Got worse", "worse", list, _worse),
    _Reason(
        "Broken tests",
        "tests",
        _broken,
        lambda row: (
            f"failed {thousands(row['failures'])} of {_runs(row['runs'])}, last {_day(row['last_failure'])}"
        ),
    ),
    _Reason(
        "Jobs that fail most",
        "jobs",
        _failing,
        lambda row: (
            f"failed {thousands(_failures(row))} of {_runs(row['total'])}, {percent(row['success_rate'])} succeed"
        ),
    ),
    _Reason("Flakiest", "flaky", _flaking, _flake),
    _Reason(
        "Failures that come most",
        "failures",
        most_common,
        lambda row: f"{_times(row['count'])}, in {_jobs(row['jobs'])}, last {_day(row['last_seen'])}",
    ),
)
