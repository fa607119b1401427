"""Charts as inline SVG, drawn here: coordinates and numbers only, styled by the page's classes."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from etl.load.store import Row
from etl.report.formats import instant

_WIDTH: Final = 720
_HEIGHT: Final = 200
_LEFT: Final = 56
_BOTTOM: Final = 24
_TOP: Final = 14
_LABELS: Final = 5
_DAY: Final = timedelta(days=1)

Workflow = tuple[str, str]  # repository and name
Plot = tuple[int, int, int, int]  # left, top, right, bottom
Span = tuple[datetime, datetime]  # first and last day


@dataclass(frozen=True, slots=True)
class Day:
    """Executions of one day that count; `rate` is the share that succeeded."""

    time: datetime
    success: int
    total: int

    @property
    def rate(self) -> float:
        """Between 0 and 1."""
        return self.success / self.total


@dataclass(frozen=True, slots=True)
class Dot:
    """A day's place in the chart, in SVG units, with the day itself for its tooltip."""

    x: float
    y: float
    day: Day


@dataclass(frozen=True, slots=True)
class Tick:
    """A label at a place along an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A line over time. `lines` are runs of days without a gap, as points of a polyline."""

    width: int
    height: int
    left: int
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    rates: tuple[Tick, ...] = ()
    times: tuple[Tick, ...] = ()


def daily(rows: Iterable[Row]) -> list[Day]:
    """The success over time of everything in `rows` together, in time order."""
    sums: dict[datetime, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        time = instant(row["time"])
        if time is not None and row["total"]:
            sums[time][0] += row["success"]
            sums[time][1] += row["total"]
    return [Day(time, *sums[time]) for time in sorted(sums)]


def by_workflow(rows: Iterable[Row]) -> Mapping[Workflow, list[Day]]:
    """The success over time of each workflow, by repository and name."""
    groups: dict[Workflow, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["repository"], row["workflow"]].append(row)
    return {workflow: daily(group) for workflow, group in groups.items()}


def line_chart(days: Sequence[Day], start: datetime, stop: datetime) -> Chart:
    """Rates of all days with a part in start ≤ time < stop, on a scale that ends at 100 %."""
    lowest = min((day.rate for day in days), default=0.0)
    floor = max(0.0, int(lowest * 10) / 10 - 0.1)
    plot = (_LEFT, _TOP, _WIDTH - 8, _HEIGHT - _BOTTOM)
    span = _days(start, stop)
    dots = _dots(days, span, floor, plot)
    middle = (1 + floor) / 2
    return Chart(
        _WIDTH,
        _HEIGHT,
        _LEFT,
        _lines(dots),
        dots,
        tuple(Tick(_y(rate, floor, plot), f"{rate:.0%}") for rate in (1.0, middle, floor)),
        _times(span, plot),
    )


def sparkline(days: Sequence[Day], start: datetime, stop: datetime) -> Chart:
    """The same without axes, for a cell of a table, on a scale from 0 to 100 %."""
    width, height = 96, 20
    dots = _dots(days, _days(start, stop), 0.0, (2, 3, width - 2, height - 3))
    return Chart(width, height, 0, _lines(dots), dots)


def _dots(days: Sequence[Day], span: Span, floor: float, plot: Plot) -> tuple[Dot, ...]:
    return tuple(Dot(_x(day.time, span, plot), _y(day.rate, floor, plot), day) for day in days)


def _x(time: datetime, span: Span, plot: Plot) -> float:
    first, last = span
    share = (time - first) / max(last - first, _DAY)
    return round(plot[0] + min(max(share, 0.0), 1.0) * (plot[2] - plot[0]), 1)


def _y(rate: float, floor: float, plot: Plot) -> float:
    return round(plot[3] - (rate - floor) / (1 - floor) * (plot[3] - plot[1]), 1)


def _lines(dots: Sequence[Dot]) -> tuple[str, ...]:
    """Polylines over days that follow each other: a day without executions is a gap, not a slope."""
    runs: list[list[Dot]] = []
    for dot in dots:
        if runs and dot.day.time - runs[-1][-1].day.time <= _DAY:
            runs[-1].append(dot)
        else:
            runs.append([dot])
    return tuple(" ".join(f"{dot.x},{dot.y}" for dot in run) for run in runs if len(run) > 1)


def _times(span: Span, plot: Plot) -> tuple[Tick, ...]:
    first, last = span
    count = (last - first) // _DAY + 1
    step = -(-count // _LABELS)
    moments = (first + _DAY * index for index in range(0, count, step))
    return tuple(Tick(_x(moment, span, plot), f"{moment.day} {moment:%b}") for moment in moments)


def _days(start: datetime, stop: datetime) -> Span:
    """Midnights of the first and the last day that the period touches."""
    return _midnight(start), _midnight(stop - timedelta(microseconds=1))


def _midnight(time: datetime) -> datetime:
    return time.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
