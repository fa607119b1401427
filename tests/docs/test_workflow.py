"""The project's own workflow and its action: minimal permissions, pinned actions, commands that exist."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import yaml

from tools.docs import ROOT

WORKFLOW = ROOT / ".github/workflows/ci.yml"


def test_zizmor_finds_nothing() -> None:
    command = [
        str(Path(sys.executable).with_name("zizmor")),
        "--offline",
        "--pedantic",
        "--no-progress",
        ".github",
        "action.yml",
    ]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_the_action_is_what_github_takes(check_jsonschema: Callable[..., None]) -> None:
    check_jsonschema("--builtin-schema", "vendor.github-actions", ROOT / "action.yml")


def test_it_runs_what_is_there() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    files = {
        word for text in commands for word in text.split() if word.endswith(".lock") or word == ".ci/run"
    }
    assert files == {".ci/run", "requirements-audit.lock", "requirements.lock", "requirements-dev.lock"}
    assert all((ROOT / name).exists() for name in files)


def test_the_actions_inputs_are_documented() -> None:
    page = (ROOT / "docs/action.md").read_text("utf-8")
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == list(inputs)
