"""What is broken now, and what was and is repaired."""

from typing import Final

from dashboards.flux import asked, shown
from dashboards.links import to_actions, to_address, to_commit, to_page
from dashboards.panels import AnyPanel, rows

_BROKEN: Final = "repository workflow job branch hours since last_good_sha first_bad_sha mean_hours_to_repair"
_REPAIRED: Final = "repository workflow job branch mean_hours_to_repair"
_LINKS: Final = {
    "workflow": (to_page("workflow"), to_actions()),
    "job": (to_page("job"), to_actions()),
}


def broken() -> AnyPanel:
    """What is broken now, and since when."""
    return rows(
        "Broken now",
        "Workflows (without a job) and jobs of branches with a name of their own that are broken, the longest "
        "first. A red that another attempt turned green is a flake, not a break.",
        asked("broken", "filter(fn: (r) => exists r.hours)", *shown(f"{_BROKEN} url", "hours", most=50)),
        _BROKEN,
        links=_LINKS
        | {
            "last_good_sha": (to_commit("last_good_sha"),),
            "first_bad_sha": (to_address(title="Show what changed on GitHub"),),
        },
        hidden="url",
        nothing="Nothing of what is chosen is broken.",
    )


def repaired() -> AnyPanel:
    """What was broken and how long repairs took."""
    return rows(
        "Repaired",
        "Workflows (without a job) and jobs that broke in this time range and are repaired, those that took "
        "longest first.",
        asked(
            "broken",
            "filter(fn: (r) => not exists r.hours)",
            *shown(_REPAIRED, "mean_hours_to_repair", most=50),
        ),
        _REPAIRED,
        links=_LINKS,
        height=7,
        nothing="Nothing of what is chosen broke and was repaired in this time range.",
    )
