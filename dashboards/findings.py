"""Findings as tables: what to do first, what got worse or better, and what is newly flaky."""

from typing import Any, Final

from dashboards.flux import asked, shown
from dashboards.links import to_address, to_page
from dashboards.looks import NOTHING_BETTER, NOTHING_TO_DO, NOTHING_WORSE
from dashboards.panels import AnyPanel, rows

_COLUMNS: Final = "kind repository workflow job name changed cost_minutes since since_sha"
_LINKS: Final = {
    "workflow": (to_page("workflow"),),
    "job": (to_page("job"),),
    "since_sha": (to_address(title="Show what changed on GitHub"),),
}
PROBLEMS: Final = "broken|flaky|spreading|slower|waits longer|less reliable"
# What makes a workflow a problem is seen in its jobs.
NO_WORKFLOWS: Final = 'filter(fn: (r) => r.level != "workflow")'
_LASTING: Final = ("filter(fn: (r) => not exists r.until)", NO_WORKFLOWS)
# Levels are seconds or rates, by the kind of the finding: text tells which.
TEXTS: Final = (
    'seconds = (v) => string(v: float(v: int(v: v * 10.0 + 0.5)) / 10.0) + " s"',
    'rate = (v) => string(v: float(v: int(v: v * 1000.0 + 0.5)) / 10.0) + " %"',
    "jobs = (v) => string(v: int(v: float(v: v)))",
    "level = (kind, v) => if kind =~ /^(slower|faster|waits)/ then seconds(v: v) else rate(v: v)",
    """change = (r) =>
    if r.kind == "flaky" then
        "fails " + rate(v: float(v: r.size))
    else if r.kind == "broken" then
        "red " + r.evidence + " times" + (if r.branch == "" then "" else " on " + r.branch)
    else if r.kind == "spreading" then
        jobs(v: r.level_before) + " → " + jobs(v: r.level_after) + " jobs"
    else
        level(kind: r.kind, v: float(v: r.level_before)) + " → " + level(kind: r.kind, v: float(v: r.level_after))""",
)
READ: Final = "map(fn: (r) => ({r with changed: change(r: r), cost_minutes: float(v: r.cost_minutes)}))"


def to_do() -> AnyPanel:
    """The problems that last, by what they cost."""
    return _panel(
        "findings",
        "What to do first",
        "What is broken, flaky, spreads, is slower, waits longer or succeeds less often, beyond what chance gives, by the "
        "minutes that it costs a week. The commit leads to what changed.",
        NOTHING_TO_DO,
        *_LASTING,
        kinds=PROBLEMS,
    )


def worse(title: str) -> AnyPanel:
    """What got worse in the time range, by what that costs."""
    about = (
        "What is slower, waits longer or succeeds less often since a commit of this time range, beyond what chance "
        "gives, by the minutes that it costs a week."
    )
    return _panel("worse", title, about, NOTHING_WORSE)


def better(title: str) -> AnyPanel:
    """What got better in the time range, by what that saves."""
    about = (
        "What is faster, waits less or succeeds more often since a commit of this time range, by the minutes that it "
        "saves a week."
    )
    return _panel("better", title, about, NOTHING_BETTER)


def newly_flaky() -> AnyPanel:
    """What began to flake in the time range, by what that costs."""
    about = "Tests, jobs and workflows that began to fail and pass on the same code in this time range."
    return _panel("newly_flaky", "Newly flaky", about, "Nothing of what is chosen began to flake.")


def _panel(question: str, title: str, about: str, nothing: str, *steps: str, **options: Any) -> AnyPanel:
    return rows(
        title,
        about,
        asked(
            question,
            *steps,
            READ,
            *shown(f"{_COLUMNS} url", "cost_minutes", most=20),
            helpers=TEXTS,
            **options,
        ),
        _COLUMNS,
        links=_LINKS,
        hidden="url",
        height=8,
        nothing=nothing,
    )
