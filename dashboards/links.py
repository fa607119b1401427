"""Links from a row to the next level, with the time range and what is chosen kept, and to GitHub.

Where GitHub is stands in them as it is: a variable for it could be set by whoever makes an address,
and links that say GitHub would lead elsewhere.
"""

from typing import Any, Final

from etl.queries.question import GITHUB

PREFIX: Final = "ci-health"
# What a row tells of the next level, by the dashboard that shows it.
_TELLS: Final = {
    "workflow": ("repository", "workflow"),
    "job": ("repository", "workflow", "job"),
    "test": ("repository", "workflow", "job", "test"),
}
_KEPT: Final = ("repository", "workflow", "job", "branch")

Link = dict[str, Any]


def uid(page: str) -> str:
    """The uid of a dashboard, which its address has too."""
    return f"{PREFIX}-{page}"


def to_page(page: str) -> Link:
    """To the dashboard of what the row is about."""
    told = _TELLS[page]
    values = [f"var-{name}=${{__data.fields.{name}:percentencode}}" for name in told]
    kept = [f"${{{name}:queryparam}}" for name in _KEPT if name not in told]
    address = f"/d/{uid(page)}?{'&'.join([*values, *kept, '${every:queryparam}', '${__url_time_range}'])}"
    return {"title": f"Show this {page}", "url": address}


def to_address(column: str = "url", title: str = "Open on GitHub") -> Link:
    """To the page of GitHub's whose whole address a column holds."""
    return {"title": title, "url": f"${{__data.fields.{column}}}", "targetBlank": True}


def to_actions() -> Link:
    """To the repository's runs."""
    address = f"{GITHUB}/${{__data.fields.repository}}/actions"
    return {"title": "Open on GitHub", "url": address, "targetBlank": True}


def to_commit(column: str) -> Link:
    """To the commit that a column names."""
    address = f"{GITHUB}/${{__data.fields.repository}}/commit/${{__data.fields.{column}}}"
    return {"title": "Open the commit on GitHub", "url": address, "targetBlank": True}
