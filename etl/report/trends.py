"""Answers over time, prepared for drawing: one series per workflow, one value per day. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Final

from etl.model.writes import Row
from etl.report.formats import instant
from etl.report.view import Period

_DAY: Final = timedelta(days=1)
_BARS: Final = "▁▂▃▄▅▆▇█"
_GAP: Final = "·"

Workflow = tuple[str, str]  # repository and name


@dataclass(frozen=True, slots=True)
class Trend:
    """The outcomes of executions in a period, one value per day.

    `success` and `total` count executions; `p50_s` and `p95_s` are in seconds, and None on days without
    a duration.
    """

    success: tuple[int, ...]
    total: tuple[int, ...]
    p50_s: tuple[float | None, ...]
    p95_s: tuple[float | None, ...]


def days(period: Period) -> list[datetime]:
    """The midnights (UTC) of all days in the period, including partial ones."""
    first = _midnight(period.start)
    count = (_midnight(period.stop - timedelta(microseconds=1)) - first) // _DAY + 1
    return [first + _DAY * index for index in range(count)]


def by_workflow(rows: Iterable[Row], period: Period) -> Mapping[Workflow, Trend]:
    """The trend of each workflow, sorted by repository and name; rows outside the period are left out."""
    axis = days(period)
    found: dict[Workflow, dict[int, Row]] = {}
    for row in rows:
        time = instant(row["time"])
        place = (time - axis[0]) // _DAY if time else -1
        if 0 <= place < len(axis):
            found.setdefault((row["repository"], row["workflow"]), {})[place] = row
    return {name: _trend(found[name], len(axis)) for name in sorted(found)}


def together(trends: Iterable[Trend]) -> Trend | None:
    """All trends combined; without durations, because a percentile of percentiles means nothing."""
    several = list(trends)
    if not several:
        return None
    unknown = (None,) * len(several[0].total)
    success, total = (
        tuple(map(sum, zip(*counts, strict=True)))
        for counts in ([trend.success for trend in several], [trend.total for trend in several])
    )
    return Trend(success, total, unknown, unknown)


def sparkline(trend: Trend, cells: int) -> str:
    """Success rates from 0 to 100 % as at most `cells` bars; a dot if nothing ran.

    If there are more days than bars, each bar combines several days.
    """
    count = len(trend.total)
    bars = min(cells, count)
    edges = [bar * count // bars for bar in range(bars + 1)]
    return "".join(
        _bar(sum(trend.success[start:stop]), sum(trend.total[start:stop])) for start, stop in pairwise(edges)
    )


def _bar(success: int, total: int) -> str:
    return _BARS[round(success / total * (len(_BARS) - 1))] if total else _GAP


def _trend(by_place: Mapping[int, Row], count: int) -> Trend:
    rows: Sequence[Row] = [by_place.get(place, {}) for place in range(count)]
    return Trend(
        tuple(row.get("success", 0) for row in rows),
        tuple(row.get("total", 0) for row in rows),
        tuple(row.get("p50_s") for row in rows),
        tuple(row.get("p95_s") for row in rows),
    )


def _midnight(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
