"""The tables of docs/scale.md: unit costs that `make bench` measured last, and the forecast from them."""

import json
from collections.abc import Iterable
from pathlib import Path

from benchmarks.scale.costs import Costs
from benchmarks.scale.forecast import SETUPS, Forecast, Organisation, Setup, forecast, most_runs

_RESULTS = Path(__file__).parent.parent / "benchmarks" / "results.json"
_GIB = 1 << 30


def tables() -> str:
    """Unit costs, loads at the busiest hour, and what is kept."""
    costs = Costs.of(json.loads(_RESULTS.read_text("utf-8"))["costs"])
    organisation = Organisation()
    found = [(setup, forecast(organisation, setup, costs)) for setup in SETUPS]
    carried = (most_runs(organisation, setup, costs) for setup in SETUPS)
    parts = (
        _table(("unit", "cost"), _units(costs)),
        _table(_LOADS, (_load(*one, most) for one, most in zip(found, carried, strict=True))),
        _table(_KEPT, (_kept(*found[index]) for index in (0, -1))),
    )
    return "\n\n".join(parts)


_LOADS = (
    "read by", "requests that count, an hour", "all requests, a minute", "one processor",
    "points, of what InfluxDB takes", "its memory, of 16 GiB", "gives way first", "longest wait",
    "runs a day it carries",
)  # fmt: skip
_KEPT = ("points of", "points a day", "series", "InfluxDB's disk, a year", "the state's disk")


def _units(costs: Costs) -> Iterable[tuple[str, str]]:
    asked, spent, stored = costs.asked, costs.spent, costs.stored
    yield "requests that count of a sync that finds runs, beside theirs", f"{asked.sync:g}"
    yield "… of each run, with its jobs, annotations, logs and report", f"{asked.run:g}"
    yield "… of a run that a webhook told of", f"{asked.told:g}"
    yield "requests answered 304, of a sync of two days that finds nothing", f"{asked.unchanged:g}"
    yield "… of one of 30 days", f"{asked.whole:g}"
    yield "processor of a run with five jobs", f"{spent.run_s * 1e3:.1f} ms"
    yield "… of a test result", f"{spent.result_s * 1e6:.0f} µs"
    yield "… of a sync that finds nothing", f"{spent.unchanged_s * 1e3:.1f} ms"
    yield "state of a run with five jobs", f"{spent.run_bytes:.0f} bytes"
    yield "… of a test result", f"{spent.result_bytes:.0f} bytes"
    yield "InfluxDB's disk for a point of `test`", f"{stored.point_bytes:.0f} bytes"
    yield "… for a series, each week", f"{stored.series_bytes:.0f} bytes"
    yield "InfluxDB's memory for a series while its points come", f"{stored.series_memory:.0f} bytes"
    yield "points that InfluxDB takes, one request at a time", f"{stored.points_per_s:,.0f} a second"


def _load(setup: Setup, found: Forecast, most: int) -> tuple[str, ...]:
    counted, asked, *others = (_percent(load) for load in found.loads.values())
    wait = "grows day by day" if found.wait_h is None else f"{found.wait_h * 60:.0f} minutes"
    return (
        setup.name,
        f"{found.counted_an_hour:,.0f} ({counted})",
        f"{found.asked_a_minute:,.0f} ({asked})",
        *others,
        found.first if found.loads[found.first] > 1 else "nothing",
        wait,
        f"{most:,}" if most else "none",
    )


def _kept(setup: Setup, found: Forecast) -> tuple[str, ...]:
    return (
        "failing results" if setup.failed_only else "all results",
        f"{found.points_a_day / 1e6:.1f} million",
        f"{found.series / 1e6:.2f} million",
        f"{found.disk_bytes_a_year / _GIB:,.0f} GiB",
        f"{found.state_bytes / _GIB:.1f} GiB",
    )


def _percent(load: float) -> str:
    return f"**{load:.0%}**" if load > 1 else f"{load:.1%}" if load < 0.1 else f"{load:.0%}"  # noqa: PLR2004


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [columns, ("---",) * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
