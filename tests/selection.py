"""Which tests a command runs.

`make check` leaves out those that need a server, run whole pipelines or are slow; `make test` runs these, too;
`make chaos` and `make night` also the thorough ones.
"""

import os
from collections.abc import Iterable, Mapping
from typing import Any

import pytest

FULL = os.environ.get("CHAOS") == "full"
# Fixtures that start a server or a program that is no Python package.
_SERVERS = {"browser", "gitea", "helm", "influxd", "postgres"}
# Rooms of tests that run whole pipelines, services and commands, each with a simulated GitHub and a store.
_SLOW_ROOMS = {"chaos", "cli", "http", "pipeline", "workers"}


def every_nth(step: int, cases: Iterable[Any]) -> list[Any]:
    """Cases that repeat one proof: each `step`-th, from the first, is for `make test`, the others are thorough."""
    return [
        pytest.param(case, marks=() if number % step == 0 else pytest.mark.thorough)
        for number, case in enumerate(cases)
    ]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what needs a server, and leave out what is thorough unless all is asked for."""
    for item in items:
        if needs_server(item):
            item.add_marker("server")
        if item.path.parent.name in _SLOW_ROOMS:
            item.add_marker("slow")
    # What takes long begins first: otherwise one worker ends with it while the other has nothing left.
    items.sort(key=lambda item: not (item.get_closest_marker("slow") or item.get_closest_marker("server")))
    left_out = [] if FULL else [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        items[:] = [item for item in items if item not in left_out]
        config.hook.pytest_deselected(items=left_out)


def needs_server(item: pytest.Item) -> bool:
    """By its fixtures; a state is in PostgreSQL by a parameter."""
    parameters: Mapping[str, object] = getattr(getattr(item, "callspec", None), "params", {})
    return bool(_SERVERS & set(getattr(item, "fixturenames", ()))) or "postgresql" in parameters.values()
