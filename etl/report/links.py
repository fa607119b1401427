"""Links of answers to the pages of a Gitea server; pure.

The questions make links for one server, GitHub's: the name of a repository tells which are for another.
"""

import re
from collections.abc import Iterable
from typing import Any

from etl.model.writes import Row
from etl.settings import GITEA, Settings

_JOB = re.compile(r"/job/(-?[0-9]+)$")


def with_links(rows: Iterable[Row], settings: Settings) -> list[Row]:
    """Rows whose links to repositories on Gitea lead to that server."""
    wrong = f"{settings.github.web_url}/{GITEA}"
    base = None if settings.gitea is None else f"{settings.gitea.url}/"
    return [{name: _link(value, wrong, base) for name, value in row.items()} for row in rows]


def _link(value: Any, wrong: str, base: str | None) -> Any:
    if not isinstance(value, str) or not value.startswith(wrong):
        return value
    # Without a server, as in the report of a store that another one fills, there is no page to lead to.
    return "" if base is None else base + _JOB.sub(_job, value.removeprefix(wrong))


def _job(found: re.Match[str]) -> str:
    """Gitea's page of a job; one that a re-run has overwritten has none, and its run is shown."""
    return "" if found[1].startswith("-") else f"/jobs/{found[1]}"
