"""Which tests a command runs.

`make check` leaves out those that need a server or are slow; `make test` runs these, too; `make chaos` and
`make night` also the thorough ones.
"""

import os
from collections.abc import Mapping

import pytest

FULL = os.environ.get("CHAOS") == "full"
# Fixtures that start a server or a program that is no Python package.
_SERVERS = {"browser", "gitea", "helm", "influxd", "postgres"}
# Runs the command as other processes, each of which imports everything anew.
_SLOW = {"ci"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a server, and leave out what is thorough unless all is asked for."""
    for item in items:
        if needs_server(item):
            item.add_marker("server")
        if _SLOW & set(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
    left_out = [] if FULL else [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def needs_server(item: pytest.Item) -> bool:
    """By its fixtures; a state is in PostgreSQL by a parameter."""
    parameters: Mapping[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return bool(_SERVERS & set(getattr(item, "fixturenames", ()))) or "postgresql" in parameters.values()
