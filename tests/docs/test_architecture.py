"""The picture of the packages is what the imports say; which imports there may be, `make lint` holds."""

import re

import grimp
import pytest

from tools.docs import ROOT

PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
# Below everything, or beside it: any part may use these, and the picture leaves them out.
COMMON = {"__main__", "anomalies", "errors", "extras", "log", "memo", "retry_after", "settings"}


def part(module: str) -> str:
    return (*module.split("."), "")[1]


def imports() -> set[tuple[str, str]]:
    """Which part of `etl` imports which."""
    graph = grimp.build_graph("etl", cache_dir=None)
    found = {
        (part(module), part(used))
        for module in graph.modules
        for used in graph.find_modules_directly_imported_by(module)
    }
    return {(one, other) for one, other in found if one != other and not COMMON & {one, other}}


def drawn() -> set[tuple[str, str]]:
    """Arrows of the picture."""
    (picture,) = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    arrows = re.findall(r"^ +(\w+) --> (.+)$", picture, re.MULTILINE)
    return {(one, used) for one, uses in arrows for used in uses.split(" & ")}


def test_arrows_are_imports() -> None:
    assert drawn() == imports()


@pytest.mark.parametrize("name", sorted({one for arrow in drawn() for one in arrow}))
def test_every_part_has_a_row(name: str) -> None:
    assert f"\n| `{name}` |" in PAGE
