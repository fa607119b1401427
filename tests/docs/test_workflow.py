"""The project's own workflow: minimal permissions, pinned actions, commands that exist."""

import subprocess
import sys
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
    ]
    outcome = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout


def test_it_runs_what_is_there() -> None:
    jobs = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]
    commands = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    files = {
        word for text in commands for word in text.split() if word.endswith(".lock") or word == ".ci/run"
    }
    assert files == {".ci/run", "requirements-audit.lock", "requirements.lock", "requirements-dev.lock"}
    assert all((ROOT / name).exists() for name in files)
