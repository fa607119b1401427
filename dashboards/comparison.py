"""What changed against the period of the same length before."""

from typing import Final

from dashboards.flux import asked
from dashboards.looks import NOTHING_BEFORE
from dashboards.panels import AnyPanel, changes

# What each change is called, and which sign is good news: +1, -1 or 0 (neither).
_CHANGES: Final = {
    "runs": ("Runs", 0),
    "run_success": ("Runs that succeed", 1),
    "job_success": ("Jobs that succeed", 1),
    "p50": ("Run time, p50", -1),
    "p95": ("Run time, p95", -1),
    "wait": ("Wait, p50", -1),
    "minutes": ("Runner minutes", 0),
    "wasted": ("Wasted on flakes", -1),
    "flaky_tests": ("Flaky tests", -1),
    "flaky_jobs": ("Flaky jobs", -1),
}
# Changes are text, since none of Grafana's units has a sign.
_SIGNED: Final = (
    "tenths = (v) => float(v: int(v: v * 10.0 + (if v < 0.0 then -0.5 else 0.5))) / 10.0",
    'signed = (v, unit) => (if v > 0.0 then "+" else "") + string(v: v) + unit',
)


def _share(column: str) -> str:
    change = f"(float(v: r.{column}) / float(v: r.{column}_before) - 1.0) * 100.0"
    known = f"exists r.{column} and exists r.{column}_before and float(v: r.{column}_before) > 0.0"
    return f'if {known} then signed(v: tenths(v: {change}), unit: " %") else ""'


def _points(column: str) -> str:
    change = f"(r.{column} - r.{column}_before) * 100.0"
    known = f"exists r.{column} and exists r.{column}_before"
    return f'if {known} then signed(v: tenths(v: {change}), unit: " pp") else ""'


def _minutes(column: str) -> str:
    change = f"(r.{column} - r.{column}_before)"
    in_hours = f'signed(v: tenths(v: {change} / 60.0), unit: " h")'
    in_minutes = f'signed(v: tenths(v: {change}), unit: " min")'
    return f"if {change} >= 60.0 or {change} <= -60.0 then {in_hours} else {in_minutes}"


def _count(column: str) -> str:
    return f'signed(v: float(v: r.{column} - r.{column}_before), unit: "")'


_TEXTS: Final = {
    "runs": _share("runs"),
    "run_success": _points("run_success_rate"),
    "job_success": _points("job_success_rate"),
    "p50": _share("p50_s"),
    "p95": _share("p95_s"),
    "wait": _share("queued_p50_s"),
    "minutes": _minutes("minutes"),
    "wasted": _minutes("wasted_minutes"),
    "flaky_tests": _count("flaky_tests"),
    "flaky_jobs": _count("flaky_jobs"),
}


def against_before() -> AnyPanel:
    """The figures as changes."""
    texts = ", ".join(f"{name}: {text}" for name, text in _TEXTS.items())
    compared = f"map(fn: (r) => ({{{texts}}}))"
    return changes(
        "Against the period of the same length before",
        "Changes: of rates in percentage points (pp), of durations and runs in percent, of minutes and counts as "
        "they are. Blue is better, vermilion is worse.",
        asked("overview", "filter(fn: (r) => r.runs_before > 0)", compared, helpers=_SIGNED),
        _CHANGES,
        nothing=NOTHING_BEFORE,
    )
