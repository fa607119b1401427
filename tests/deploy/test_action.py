"""The GitHub Action: its steps run as a runner runs them, against a simulated GitHub."""

import asyncio
import json
import os
import re
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from etl.demo.history import History, ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, contents, settings_for
from tests.pull_requests import project
from tools.docs import ROOT

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
STEPS = {
    Path(step["run"].strip("'").strip('"')).stem: step for step in ACTION["runs"]["steps"] if "run" in step
}
TOKEN = "token-of-a-test"


@dataclass
class Runner:
    """What a runner gives to steps: folders, files for outputs, variables; the data as the cache restores it."""

    folder: Path
    inputs: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        venv = self.folder / "temp/ci-health/venv"
        venv.parent.mkdir(parents=True)
        venv.symlink_to(Path(sys.executable).parents[1])

    @property
    def data(self) -> Path:
        return self.folder / "temp/ci-health/data"

    async def run(self, step: str, api_url: str) -> tuple[int, str, dict[str, str]]:
        """Exit code, what it said, and its outputs."""
        for name in ("output", "summary"):
            (self.folder / name).write_text("")
        variables = {
            "PATH": os.environ["PATH"],
            "LC_ALL": "C.UTF-8",
            "GITHUB_ACTION_PATH": str(ROOT),
            "GITHUB_API_URL": api_url,
            "GITHUB_REPOSITORY": "acme/rocket",
            "GITHUB_OUTPUT": str(self.folder / "output"),
            "GITHUB_STEP_SUMMARY": str(self.folder / "summary"),
            "RUNNER_TEMP": str(self.folder / "temp"),
        }
        variables |= self.variables
        variables |= {name: self._input(text) for name, text in STEPS[step]["env"].items()}
        process = await asyncio.create_subprocess_exec(
            "bash", "-c", STEPS[step]["run"], cwd=self.folder, env=variables,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await process.communicate()
        lines = (self.folder / "output").read_text().splitlines()
        assert process.returncode is not None
        return process.returncode, said.decode(), dict(line.split("=", 1) for line in lines)

    def _input(self, text: str) -> str:
        (name,) = re.fullmatch(r"\$\{\{ inputs\.([a-z]+) \}\}", text).groups()  # type: ignore[union-attr]
        default = str(ACTION["inputs"][name]["default"])
        given = {"token": TOKEN} | self.inputs
        return given.get(name, default)


@pytest.fixture
def history() -> History:
    return ending(synthetic(days=3, pushes=3), datetime.now(UTC).date() - timedelta(days=1))


def test_steps_take_no_text_from_outside_but_by_variables() -> None:
    for step in STEPS.values():
        assert "${{" not in step["run"]


async def test_it_syncs_and_reports(history: History, tmp_path: Path) -> None:
    runner = Runner(tmp_path, {"days": "7", "report": "out/health.html"})
    async with SimulatedGitHub(history, tokens=[TOKEN], rate_limit=100_000) as url:
        code, said, outputs = await runner.run("sync", url)
        assert (code, outputs) == (0, {"retry-at": ""}), said
        code, said, _ = await runner.run("report", url)
    assert code == 0, said
    assert "acme/rocket" in (tmp_path / "out/health.html").read_text()
    summary = (tmp_path / "summary").read_text()
    assert summary.startswith("```text\n")
    assert "Runs that succeed" in summary
    assert TOKEN not in said + summary


async def test_it_explains_the_run_that_it_follows(tmp_path: Path) -> None:
    history = project(int(time.time()), fork=True)
    (repository,) = history.repositories
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"workflow_run": {"id": repository.runs[1].id}}))
    follows = {
        "GITHUB_ACTIONS": "true", "GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": str(event)
    }  # fmt: skip
    runner = Runner(tmp_path / "a", {"token": "ghs_of_a_job"}, follows)
    server = SimulatedGitHub(history, rate_limit=100_000)
    async with server as url:
        await runner.run("sync", url)
        for wanted, comments in (("summary", 0), ("comment", 1), ("comment", 1)):
            runner.inputs["explain"] = wanted
            code, said, _ = await runner.run("explain", url)
            assert code == 0, said
            assert (tmp_path / "a/summary").read_text().startswith("### ")
            assert len(server.comments(repository).written) == comments
        runner.inputs["explain"] = "everything"
        code, said, _ = await runner.run("explain", url)
        assert (code, "neither `summary` nor `comment`" in said) == (2, True)


async def test_a_small_rate_limit_spreads_the_first_sync_over_several_runs(
    history: History, tmp_path: Path
) -> None:
    runner, waits = Runner(tmp_path / "a"), 0
    for _ in range(30):
        # Each run finds the limit full again, as the next hour's does.
        async with SimulatedGitHub(history, rate_limit=60) as url:
            code, said, outputs = await runner.run("sync", url)
        assert code == 0, said
        if not outputs["retry-at"]:
            break
        waits += 1
        assert f"::notice title=ci-health::GitHub's rate limit is used up until {outputs['retry-at']}" in said
    assert waits > 1
    assert outputs["retry-at"] == ""

    (tmp_path / "b").mkdir()
    async with SimulatedGitHub(history, rate_limit=100_000) as url:
        assert (await Ci(tmp_path / "b", **settings_for(url))("sync")).code == 0
    (tmp_path / "a/.ci-health").symlink_to(runner.data)
    several, one = (re.sub(r"//[\d.:]+/", "//github/", repr(contents(tmp_path / name))) for name in "ab")
    assert several == one


async def test_what_is_wrong_fails_the_step(history: History, tmp_path: Path) -> None:
    runner = Runner(tmp_path, {"token": "another"})
    async with SimulatedGitHub(history, tokens=[TOKEN]) as url:
        code, said, outputs = await runner.run("sync", url)
    assert (code, outputs) == (1, {"retry-at": ""})
    assert "refused the token" in said


async def test_a_settings_file_names_what_the_inputs_do_not(history: History, tmp_path: Path) -> None:
    (tmp_path / "health.yaml").write_text("repositories: [acme/absent]\n")
    runner = Runner(tmp_path, {"config": "health.yaml"})
    async with SimulatedGitHub(history) as url:
        code, said, _ = await runner.run("sync", url)
    assert code == 1
    assert "acme/absent" in said
