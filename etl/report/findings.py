"""Findings as text: a row of `findings` in a table or as a sentence. Pure functions."""

from collections.abc import Callable, Mapping
from typing import Final

from etl.model.writes import Row
from etl.report.formats import Kind, duration, instant, percent, written

_TIMES: Final = ("slower", "faster", "waits longer", "waits less")
_SPREADING: Final = "spreading"
_OFTEN: Final = 0.4
_CERTAIN: Final = 0.985
_HOUR_MIN: Final = 60
_FEW_HOURS: Final = 10


def readable(row: Row) -> Row:
    """The row with its levels and size as text, in the unit of its kind."""
    level = _level(row["kind"])
    changed = {name: _text(row[name], _size(row["kind"])) for name in ("size", "low", "high")}
    levels = {name: _text(row[name], level) for name in ("level_before", "level_after")}
    if row["kind"] == "flaky":
        levels["level_before"] = None
    return {**row, **changed, **levels}


def sentence(row: Row) -> str:
    """What happened, since when, by how much and at what cost; callers put the subject in front."""
    return f"{_SAYS[row['kind']](row)}{_cost(row['cost_minutes'])}."


def _text(value: float | None, write: Callable[[float], str]) -> str | None:
    return None if value is None else write(value)


def _level(kind: str) -> Callable[[float], str]:
    """How to format levels of a kind: times, numbers of jobs, or rates."""
    if kind in _TIMES:
        return duration
    return _jobs if kind == _SPREADING else percent


def _size(kind: str) -> Callable[[float], str]:
    """How to format sizes of a kind: relative for times, in points for rates; a flake has a rate."""
    if kind in _TIMES:
        return lambda size: f"{size * 100:+.0f} %"
    if kind == _SPREADING:
        return lambda size: f"+{_jobs(size)}"
    if kind in {"less reliable", "more reliable"}:
        return lambda size: f"{size * 100:+.0f} pp"
    return percent


def _flaky(row: Row) -> str:
    proof = f"{row['proven']} of {row['evidence']} failures passed on the same commit"
    likely = "" if row["probability"] >= _CERTAIN else f", {row['probability'] * 100:.0f} % likely a flake"
    suspected = f"{row['evidence']} failures among passes{likely}"
    return f"is flaky since {_day(row)}: fails {_frequency(row['size'])}; {proof if row['proven'] else suspected}"


def _broken(row: Row) -> str:
    return f"is broken since {_since(row)}, red {row['evidence']} times"


def _spreading(row: Row) -> str:
    now, before = _jobs(row["level_after"]), f"{row['level_before'] or 0:,.0f}"
    return f"spreads since {_day(row)}: in {now} within a day, in {before} in the week before, and in unrelated changes"


def _jobs(number: float) -> str:
    return f"{number:,.0f} {'job' if number == 1 else 'jobs'}"


def _change(verb: str) -> Callable[[Row], str]:
    def say(row: Row) -> str:
        shown = readable(row)
        levels = f"{shown['level_before']} → {shown['level_after']}"
        return f"{verb} since {_since(row)}: {levels} ({shown['size']})"

    return say


def _since(row: Row) -> str:
    """The commit and its day, and how many commits are candidates if there are several."""
    if not row["since_sha"]:
        return _day(row)
    commit = written(row["since_sha"], Kind.COMMIT)
    between = len(row["between"].split(",")) if row["between"] else 0
    return (
        f"one of {between + 1} commits up to {commit} ({_day(row)})" if between else f"{commit} ({_day(row)})"
    )


def _day(row: Row) -> str:
    moment = instant(row["since"])
    return f"{moment:%b} {moment.day}" if moment else str(row["since"])


def _frequency(rate: float) -> str:
    if rate <= 0:
        return "seldom"
    return f"{percent(rate)} of the time" if rate > _OFTEN else f"one time in {round(1 / rate):,}"


def _cost(minutes: float) -> str:
    if minutes < 1:
        return ""
    if minutes < _HOUR_MIN:
        return f"; about {minutes:.0f} min a week"
    spent = minutes / _HOUR_MIN
    return f"; about {spent:.1f} h a week" if spent < _FEW_HOURS else f"; about {spent:,.0f} h a week"


_SAYS: Final[Mapping[str, Callable[[Row], str]]] = {
    "flaky": _flaky,
    "broken": _broken,
    "spreading": _spreading,
    "slower": _change("is slower"),
    "faster": _change("is faster"),
    "waits longer": _change("waits longer for a runner"),
    "waits less": _change("waits less for a runner"),
    "less reliable": _change("succeeds less often"),
    "more reliable": _change("succeeds more often"),
}
