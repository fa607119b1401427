"""`ci-health explain` against a simulated GitHub: what it says of its red runs, and what it asks for."""

import json
import re
import subprocess
import time
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.agents import project
from tests.cli.running import Ci, settings_for
from tests.report.packing import unpacked

CODES = {"yours": 3, "unknown": 4}


@pytest.fixture
def history():
    return ending(synthetic(days=12, pushes=4), datetime.now(UTC).date() - timedelta(days=1))


def red_runs(folder):
    with duckdb.connect(folder / ".ci-health" / "ci-health.duckdb", read_only=True) as store:
        return [
            row[0]
            for row in store.execute(
                "SELECT run_id FROM workflow_run GROUP BY run_id "
                "HAVING arg_max(conclusion, attempt) = 'failure' ORDER BY run_id"
            ).fetchall()
        ]


async def test_red_runs_are_explained_in_every_format_and_by_the_exit_code(ci, github):
    assert (await ci("sync")).code == 0
    red = red_runs(ci.folder)
    assert red
    for run_id in (red[0], red[-1]):
        github.log.clear()
        as_json = await ci("explain", str(run_id), "--format", "json")
        assert len(github.log.requests) <= 2
        (told,) = json.loads(as_json.out)["verdicts"]
        assert as_json.code == CODES.get(told["verdict"], 0), as_json.err
        assert told["run_id"] == run_id
        assert all(one["evidence"] and one["advice"] and one["url"] for one in told["failures"])
    url = f"https://github.com/acme/rocket/actions/runs/{red[-1]}"
    table, markdown = await ci("explain", url), await ci("explain", url, "--format", "markdown")
    for outcome in (table, markdown):
        assert outcome.code == as_json.code
        assert told["failures"][0]["verdict"] in outcome.out


async def test_in_actions_it_adds_to_the_step_summary_and_annotates(ci):
    await ci("sync")
    summary = ci.folder / "summary.md"
    summary.write_text("before\n")
    ci.environment |= {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "acme/rocket",
        "GITHUB_RUN_ID": str(red_runs(ci.folder)[-1]),
        "GITHUB_STEP_SUMMARY": str(summary),
    }
    outcome = await ci("explain", "--format", "json")
    assert outcome.code in (0, 3, 4)
    assert summary.read_text().startswith("before\n### ")
    failures = json.loads(outcome.out)["verdicts"][0]["failures"]
    annotated = [line for line in outcome.err.splitlines() if line.startswith("::")]
    levels = {"yours": "error", "unknown": "warning"}
    assert [line.partition(" title=")[0] for line in annotated] == [
        f"::{levels.get(one['verdict'], 'notice')}" for one in failures
    ]


async def test_a_run_that_no_sync_read_is_read_now(ci, github):
    await ci("sync")
    run_id = str(red_runs(ci.folder)[-1])
    known = await ci("explain", run_id, "--format", "json")
    other = Ci(ci.folder / "other", **ci.environment)
    other.folder.mkdir()
    github.log.clear()
    fresh = await other("explain", run_id, "--format", "json")
    asked = json.loads(fresh.out)["verdicts"][0]
    assert asked["run_id"] == json.loads(known.out)["verdicts"][0]["run_id"]
    assert not github.log.paths("/actions/runs?")


async def test_green_and_unknown_runs_are_reported(ci):
    await ci("sync")
    unknown = await ci("explain", "no-such-branch")
    assert (unknown.code, unknown.out) == (1, "")
    assert "nothing is stored of branch no-such-branch of acme/rocket" in unknown.err
    wrong = await ci("explain", "https://github.com/acme/rocket/issues/1")
    assert wrong.code == 2


def check_out(folder, remote):
    for arguments in (("init", "--quiet"), ("config", "remote.origin.url", remote)):
        subprocess.run(["git", *arguments], cwd=folder, check=True)


async def test_it_names_owners_by_the_file_given_or_that_of_the_checkout(tmp_path):
    def owner(outcome):
        return json.loads(outcome.out)["verdicts"][0]["failures"][0]["owner"]

    async with SimulatedGitHub(project(int(time.time()))) as url:
        ci = Ci(tmp_path, **settings_for(url))
        await ci("sync")
        asked = ("explain", "main", "--format", "json")
        (tmp_path / "owners").write_text("orbit.test.ts @acme/orbit\n")
        (tmp_path / "CODEOWNERS").write_text("* @acme/everybody\n")
        assert owner(await ci(*asked)) is None
        assert owner(await ci(*asked, "--codeowners", "owners")) == "@acme/orbit"
        for remote, expected in (("acme/other", None), ("acme/rocket", "@acme/everybody")):
            check_out(tmp_path, f"https://github.com/{remote}.git")
            assert owner(await ci(*asked)) == expected
        assert "@acme/everybody" in (await ci("explain", "main")).out
        missing = await ci(*asked, "--codeowners", "nowhere")
        assert (missing.code, "cannot be read" in missing.err) == (2, True)


async def test_the_report_names_them_on_the_pages_of_what_they_own(tmp_path):
    def owners_in(name):
        (shelves,) = re.findall(r'id="pages">(.*?)</script>', (tmp_path / name).read_text("utf-8"), re.DOTALL)
        pages = [page for shelf in shelves.split("\n") for page in unpacked(shelf)]
        return {page["owner"] for page in pages if "owner" in page}

    async with SimulatedGitHub(project(int(time.time()))) as url:
        ci = Ci(tmp_path, **settings_for(url))
        await ci("sync")
        (tmp_path / "owners").write_text("orbit.test.ts @acme/orbit\n")
        (tmp_path / "CODEOWNERS").write_text("* @acme/everybody\n")
        assert (await ci("report", "--out", "none.html")).code == 0
        await ci("report", "--out", "given.html", "--codeowners", "owners")
        check_out(tmp_path, "https://github.com/acme/rocket.git")
        await ci("report", "--out", "found.html")
        assert [owners_in(f"{name}.html") for name in ("none", "given", "found")] == [
            set(),
            {"@acme/orbit"},
            {"@acme/everybody"},
        ]
