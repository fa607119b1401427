"""What is broken now, and what was and is repaired."""

from typing import Final

from dashboards.flux import asked, shown
from dashboards.links import to_actions, to_address, to_commit, to_page
from dashboards.panels import AnyPanel, rows

_BROKEN: Final = (
    "repository workflow job test branch hours since last_good_sha first_bad_sha mean_hours_to_repair"
)
_REPAIRED: Final = "repository workflow job test branch since first_bad_sha repaired_sha hours_to_repair mean_hours_to_repair"
_LINKS: Final = {
    "workflow": (to_page("workflow"), to_actions()),
    "job": (to_page("job"), to_actions()),
}


def broken() -> AnyPanel:
    """What is broken now, and since when."""
    return rows(
        "Broken now",
        "Workflows (without a job), jobs and tests that are broken on branches with a name of their own, the longest "
        "first. Red that flakes explain is no break.",
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
        "Workflows (without a job), jobs and tests whose last break ended in this time range, those whose repair took "
        "longest first.",
        asked(
            "broken",
            "filter(fn: (r) => not exists r.hours)",
            *shown(f"{_REPAIRED} url", "hours_to_repair", most=50),
        ),
        _REPAIRED,
        links=_LINKS
        | {
            "first_bad_sha": (to_address(title="Show what changed on GitHub"),),
            "repaired_sha": (to_commit("repaired_sha"),),
        },
        hidden="url",
        height=7,
        nothing="Nothing of what is chosen broke and was repaired in this time range.",
    )
