"""The picture of the rooms is what the imports say."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/architecture.md").read_text("utf-8")
# Any room may use these, and they use no room.
COMMON = {"errors", "anomalies", "memo", "log", "settings", "retry_after"}


def imports() -> set[tuple[str, str]]:
    """Which room of `etl` uses which."""
    found = set()
    for file in (ROOT / "etl").rglob("*.py"):
        room = file.relative_to(ROOT / "etl").parts[0].removesuffix(".py")
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            found |= {(room, used) for used in _used(node) if used != room}
    return found


def _used(node: ast.AST) -> set[str]:
    if isinstance(node, ast.ImportFrom) and node.module == "etl":
        return {alias.name for alias in node.names}
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
    modules += [node.module] if isinstance(node, ast.ImportFrom) and node.module else []
    return {module.split(".")[1] for module in modules if module.startswith("etl.")}


def drawn() -> set[tuple[str, str]]:
    """Arrows of the picture."""
    (picture,) = re.findall(r"```mermaid\n(.*?)```", PAGE, re.DOTALL)
    arrows = re.findall(r"^ +(\w+) --> (.+)$", picture, re.MULTILINE)
    return {(room, used) for room, uses in arrows for used in uses.split(" & ")}


def test_arrows_are_imports() -> None:
    used = {arrow for arrow in imports() if not COMMON & set(arrow)}
    assert used
    assert drawn() == used


def test_what_all_rooms_may_use_uses_none_of_them() -> None:
    assert {arrow for arrow in imports() if arrow[0] in COMMON} <= {(a, b) for a in COMMON for b in COMMON}


@pytest.mark.parametrize("path", [path for path in (ROOT / "etl").iterdir() if path.suffix in ("", ".py")])
def test_every_room_is_told_of(path: Path) -> None:
    room = path.stem
    if room not in COMMON | {"__init__", "__main__", "__pycache__"}:
        assert f"\n| `{room}` |" in PAGE
