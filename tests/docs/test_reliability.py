"""What docs/reliability.md says is proven has a test, and every scenario stands in it."""

import ast
import re
from pathlib import Path

import pytest

from tools.docs import ROOT

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PAGE)))


def functions(path: str) -> set[str]:
    """Names of the tests of a file."""
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name for node in ast.walk(tree) if isinstance(node, kinds) and node.name.startswith("test_")}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_every_named_test_exists(path: str, name: str) -> None:
    assert name in functions(path) if name else (ROOT / path).is_file()


def test_every_scenario_is_named() -> None:
    files = sorted(Path(ROOT / "tests" / "chaos").glob("test_*.py"))
    scenarios = {
        (f"tests/chaos/{file.name}", name) for file in files for name in functions(f"tests/chaos/{file.name}")
    }
    whole = {path for path, name in NAMED if not name}
    assert {(path, name) for path, name in scenarios if path not in whole} <= set(NAMED)


def test_what_the_tests_leave_out_is_run_by_a_command() -> None:
    recipes = re.findall(
        r"^\t@CHAOS=full (.+(?:\n\t\t.+)*)", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE
    )
    # The last one runs whatever is marked as thorough, but for folders that the others run.
    *named, marked = recipes
    assert (len(named), "-m thorough" in marked) == (2, True)
    run = {ROOT / path for path in re.findall(r"(?<!ignore )\btests/[\w/.]+", " ".join(named))}
    ignored = {ROOT / path for path in re.findall(r"--ignore (tests/[\w/.]+)", marked)}
    assert ignored <= run
    larger = [
        path
        for path in (ROOT / "tests").rglob("*.py")
        if path != Path(__file__) and re.search(r"import FULL\b", path.read_text("utf-8"))
    ]
    assert len(larger) >= 4
    assert [path for path in larger if not run & {path, *path.parents}] == []


def test_every_row_names_a_test() -> None:
    rows = [
        line
        for line in PAGE.splitlines()
        if line.startswith("| ") and not line.startswith(("| fault", "| attack"))
    ]
    assert len(rows) > 40
    assert [row for row in rows if "`tests/" not in row] == []
