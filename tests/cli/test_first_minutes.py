"""What somebody meets in the first minutes: mistyped names, another folder, the version, completion."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version

import pytest

from etl.cli.show import Question
from etl.load.duckdb import DuckStore
from etl.load.line_encoder import encode
from etl.transform.syncs import etl_point
from tests.cli.running import Ci

HEAVY = {
    "aiohttp", "apscheduler", "cryptography", "gidgethub", "influxdb_client", "jinja2", "jwt", "mcp",
    "procrastinate", "prometheus_client", "psycopg", "reactivex", "sqlalchemy", "urllib3",
}  # fmt: skip
SHOW = """
import sys
from etl.cli import main
sys.argv = ["ci-health", *sys.argv[1:]]
try:
    main()
except SystemExit as done:
    assert not done.code, done.code
print("\\n".join(sys.modules), file=sys.stderr)
"""


@pytest.fixture
async def store(tmp_path):
    """A store in which one sync has left its point."""
    point = etl_point(
        "acme/rocket",
        failed=False,
        ended=datetime.now(UTC).timestamp(),
        requests=1,
        not_modified=0,
        rate_limit_remaining=None,
        runs=0,
        points=0,
        rejected=0,
        outbox=0,
        lag_s=None,
        duration_s=1.0,
        warning="",
    )
    store = DuckStore(tmp_path / ".ci-health" / "ci-health.duckdb")
    await store.write([encode(point)])
    return store


async def test_version(tmp_path):
    outcome = await Ci(tmp_path)("--version")
    assert (outcome.code, outcome.out) == (0, f"ci-health {version('ci-health-metrics')}\n")


@pytest.mark.parametrize(("typed", "meant"), [("flakey", "flaky"), ("test-history", "test_history")])
async def test_a_mistyped_question(tmp_path, typed, meant):
    outcome = await Ci(tmp_path)("show", typed)
    assert outcome.code == 2
    assert f"did you mean `{meant}`?" in outcome.err


async def test_a_question_that_is_like_none_names_all(tmp_path):
    outcome = await Ci(tmp_path)("show", "zzzzzz")
    assert outcome.code == 2
    assert all(name in outcome.err for name in Question)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
async def test_completion_knows_commands_and_questions(tmp_path, shell):
    ci = Ci(tmp_path)
    typed = {
        "bash": {"COMP_WORDS": "ci-health show fla", "COMP_CWORD": "2"},
        "zsh": {"_TYPER_COMPLETE_ARGS": "ci-health show fla"},
        "fish": {"_TYPER_COMPLETE_ARGS": "ci-health show fla", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
    }
    ci.environment |= {"_CI_HEALTH_COMPLETE": f"complete_{shell}", **typed[shell]}
    outcome = await ci()
    assert "flaky" in outcome.out, outcome.err


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("command", [["show"], ["show", "etl_status"], ["show", "flaky", "--format", "json"]])
def test_show_imports_nothing_that_it_does_not_need(tmp_path, command):
    done = subprocess.run(
        [sys.executable, "-c", SHOW, *command],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=True,
    )
    modules = {name.partition(".")[0] for name in done.stderr.splitlines()}
    assert "duckdb" in modules
    assert modules & HEAVY == set()


async def test_a_missing_store_is_named_with_its_path(tmp_path):
    ci = Ci(tmp_path)
    file = tmp_path / ".ci-health" / "ci-health.duckdb"
    for command in (["show"], ["show", "flaky"], ["report"]):
        outcome = await ci(*command)
        assert outcome.code == 0
        assert f"ci-health: nothing is stored in {file}: run `ci-health sync`, or set data_dir" in outcome.err
    as_json = await ci("show", "flaky", "--format", "json")
    assert json.loads(as_json.out) == []
    filtered = await ci("show", "flaky", "--workflow", "CI")
    assert filtered.code == 2
    assert str(file) in filtered.err
    explained = await ci("explain", "https://github.com/acme/rocket/actions/runs/1")
    assert explained.code == 1
    assert str(file) in explained.err
    assert not (tmp_path / ".ci-health").exists()


async def test_an_empty_store_is_named_with_its_path(tmp_path, store):
    outcome = await Ci(tmp_path)("show", "flaky")
    assert outcome.code == 0
    assert f"ci-health: nothing of this period is stored in {store.address}" in outcome.err
