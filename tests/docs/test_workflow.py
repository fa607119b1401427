"""The project's own workflow and its action: minimal permissions, pinned actions, commands that exist."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tools.docs import ROOT

WORKFLOW = ROOT / ".github/workflows/ci.yml"
RELEASE = ROOT / ".github/workflows/release.yml"


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


def runs(workflow: Path) -> list[str]:
    """What the steps of a workflow run."""
    jobs = yaml.safe_load(workflow.read_text("utf-8"))["jobs"]
    return [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]


@pytest.mark.parametrize("workflow", [WORKFLOW, RELEASE], ids=lambda path: path.stem)
def test_they_run_what_is_there(workflow: Path) -> None:
    text = "\n".join(runs(workflow))
    makefile = (ROOT / "Makefile").read_text("utf-8")
    files = set(re.findall(r"[\w/-]+\.(?:lock|py)\b", text))
    targets = {word for line in re.findall(r"^make ([a-z ]+)", text, re.MULTILINE) for word in line.split()}
    assert targets
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []


def test_the_tests_run_on_the_python_of_the_image_and_all_that_are_promised() -> None:
    matrix = yaml.safe_load(WORKFLOW.read_text("utf-8"))["jobs"]["test"]["strategy"]["matrix"]["python"]
    promised = re.findall(r"Python :: (3\.\d+)", (ROOT / "pyproject.toml").read_text("utf-8"))
    assert matrix == promised
    (image,) = re.findall(
        r"^ARG PYTHON=python:(3\.\d+)", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE
    )
    assert image in matrix


def test_only_publishing_may_ask_pypi_to_trust_it() -> None:
    jobs = yaml.safe_load(RELEASE.read_text("utf-8"))["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["publish"]["needs"] == "build"
    assert jobs["build"]["permissions"] == {"contents": "read"}


def test_the_actions_inputs_are_documented() -> None:
    page = (ROOT / "docs/action.md").read_text("utf-8")
    inputs = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))["inputs"]
    assert re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE) == list(inputs)
