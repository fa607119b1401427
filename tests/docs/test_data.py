"""What docs/data.md tells people to type does what it says."""

import ast
import importlib.util
import re
import shlex
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.load.duckdb import DuckStore
from etl.load.line_encoder import encode
from etl.load.store import Slice
from etl.model.schema import MEASUREMENTS
from etl.queries import QUESTIONS
from tests.cli.running import Ci
from tests.queries.samples import START, STOP, points
from tools.docs import ROOT

PAGE = (ROOT / "docs/data.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


STATEMENTS = [one.strip() for block in blocks("sql") for one in block.split(";") if one.strip()]
COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("ci-health ")]


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    """A working folder with a filled store where the default settings put it, and an export."""
    store = DuckStore(tmp_path / ".ci-health" / "ci-health.duckdb")
    sent = points(11, 2_000)
    await store.write([encode(point) for point in sent])
    everything = Slice(MEASUREMENTS["job"], START - timedelta(days=30), STOP + timedelta(days=3), {})
    await store.export(everything, tmp_path / "jobs.parquet")
    return tmp_path


@pytest.fixture
def inside(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    return folder


@pytest.mark.parametrize("sql", STATEMENTS, ids=range(len(STATEMENTS)))
def test_queries_run_as_they_stand_and_find_something(inside: Path, sql: str) -> None:
    with duckdb.connect(inside / ".ci-health" / "ci-health.duckdb", read_only=True) as connection:
        # Fetching a time takes pytz, which the tests do not have.
        rows = connection.execute(f"SELECT COLUMNS(*)::VARCHAR FROM ({sql})").fetchall()  # noqa: S608
    # Samples of tests have jobs of their own: nothing to join.
    assert rows or "JOIN" in sql


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
async def test_commands_run_as_they_stand(folder: Path, command: str) -> None:
    arguments, _, into = command.partition(" > ")
    (folder / "jobs.parquet").unlink()
    outcome = await Ci(folder, CI_HEALTH_REPOSITORIES="acme/rocket")(*shlex.split(arguments)[1:])
    assert outcome.code == 0, outcome.err
    written = re.findall(r"--output (\S+)", arguments)
    assert all((folder / name).stat().st_size for name in written)
    assert outcome.out
    assert into or written or "jsonl" in arguments


@pytest.mark.parametrize("code", blocks("python"), ids=range(len(blocks("python"))))
def test_python_runs_where_its_packages_are(inside: Path, code: str) -> None:
    del inside
    imported = [
        name.name for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Import) for name in node.names
    ]
    missing = [name for name in imported if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"without {', '.join(missing)}")
    found: dict[str, Any] = {}
    exec(code, found)  # noqa: S102
    assert found


def test_pandas_and_polars_would_find_the_columns(inside: Path) -> None:
    del inside
    described = duckdb.execute("DESCRIBE FROM 'jobs.parquet'").fetchall()
    types = {name: type_ for name, type_, *_ in described}
    assert types["time"] == "TIMESTAMP WITH TIME ZONE"
    assert (types["duration_s"], types["job"], types["conclusion"]) == ("DOUBLE", "VARCHAR", "VARCHAR")
    assert "INTERVAL" not in types.values()


def test_the_page_lists_every_view_and_measurement() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| `(\w+)` \|$", PAGE, re.MULTILINE)
    assert rows == [(one.view, one.per, one.name) for one in MEASUREMENTS.values()]
    assert f"({', '.join(f'`{name}`' for name in MEASUREMENTS)})" in PAGE
    assert {"jobs", "tests", "flaky"} <= QUESTIONS.keys()
