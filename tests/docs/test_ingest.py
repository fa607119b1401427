"""Recipes for other CIs: what each CI's schema allows, run by a shell with the CI's variables and the real command."""

import asyncio
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from tools.docs import ROOT

PAGE = (ROOT / "docs/ingest.md").read_text("utf-8")
RECIPES = dict(re.findall(r"^### ([^\n]+)\n\n```(?:yaml|groovy)\n(.*?)```", PAGE, re.DOTALL | re.MULTILINE))

VARIABLES: dict[str, dict[str, str]] = {
    "GitLab CI": {
        "CI_PROJECT_PATH": "group/sub/rocket",
        "CI_DEFAULT_BRANCH": "trunk",
        "CI_PIPELINE_NAME": "nightly",
        "CI_JOB_NAME": "unit",
        "CI_COMMIT_SHA": "c0ffee",
        "CI_COMMIT_REF_NAME": "trunk",
        "CI_PIPELINE_ID": "512",
        "CI_PIPELINE_SOURCE": "push",
        "CI_JOB_STATUS": "failed",
        "CI_JOB_STARTED_AT": "2026-01-31T12:00:00Z",
        "CI_JOB_URL": "https://ci.example.org/jobs/1",
    },
    "Jenkins": {
        "RESULT": "UNSTABLE",
        "STARTED": "1769860800000",
        "JOB_NAME": "nightly",
        "GIT_COMMIT": "c0ffee",
        "GIT_BRANCH": "origin/main",
        "BUILD_NUMBER": "512",
        "BUILD_URL": "https://ci.example.org/job/nightly/512/",
    },
    "Buildkite": {
        "BUILDKITE_PIPELINE_SLUG": "nightly",
        "BUILDKITE_STEP_KEY": "unit",
        "BUILDKITE_COMMIT": "c0ffee",
        "BUILDKITE_BRANCH": "trunk",
        "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "trunk",
        "BUILDKITE_BUILD_NUMBER": "512",
        "BUILDKITE_RETRY_COUNT": "0",
        "BUILDKITE_BUILD_URL": "https://ci.example.org/builds/512",
        "BUILDKITE_JOB_ID": "0190",
    },
    "CircleCI": {
        "CIRCLE_PROJECT_USERNAME": "acme",
        "CIRCLE_PROJECT_REPONAME": "rocket",
        "CIRCLE_JOB": "unit",
        "CIRCLE_SHA1": "c0ffee",
        "CIRCLE_BRANCH": "main",
        "CIRCLE_BUILD_URL": "https://ci.example.org/jobs/1",
    },
    "Azure Pipelines": {
        "BUILD_REPOSITORY_NAME": "acme/rocket",
        "BUILD_DEFINITIONNAME": "nightly",
        "SYSTEM_JOBDISPLAYNAME": "unit",
        "BUILD_SOURCEVERSION": "c0ffee",
        "BUILD_SOURCEBRANCH": "refs/heads/main",
        "BUILD_REASON": "IndividualCI",
        "BUILD_BUILDID": "512",
        "SYSTEM_JOBATTEMPT": "1",
        "AGENT_JOBSTATUS": "Failed",
        "SYSTEM_COLLECTIONURI": "https://ci.example.org/",
        "SYSTEM_TEAMPROJECT": "rocket",
    },
}
SCHEMAS = {
    "GitLab CI": "vendor.gitlab-ci",
    "Buildkite": "vendor.buildkite",
    "CircleCI": "vendor.circle-ci",
    "Azure Pipelines": "vendor.azure-pipelines",
}
# The test command of the recipes: one of two tests fails.
PYTEST = """#!/bin/sh
echo '<testsuite name="s"><testcase classname="a" name="x" time="1"/>
<testcase classname="a" name="y" time="1"><failure message="boom"/></testcase></testsuite>' > report.xml
exit 1
"""


def script(recipe: str) -> str:
    """What the CI's shell runs in the end, as the CI gives it to the shell."""
    text = RECIPES[recipe]
    if recipe == "Jenkins":
        (found,) = re.findall(r"sh '''(.*?)'''", text, re.DOTALL)
        return str(found)
    content = yaml.safe_load(text)
    (command,) = {one for one in _texts(content) if "ci-health ingest" in one}
    return command.replace("$$", "$").replace("<< pipeline.number >>", "512")


def _texts(content: Any) -> list[str]:
    if isinstance(content, str):
        return [content]
    inner = content.values() if isinstance(content, dict) else content if isinstance(content, list) else ()
    return [text for one in inner for text in _texts(one)]


def test_there_is_a_recipe_for_each() -> None:
    assert RECIPES.keys() == VARIABLES.keys()


@pytest.mark.parametrize("recipe", SCHEMAS)
def test_a_recipe_is_what_its_ci_takes(
    recipe: str, tmp_path: Path, check_jsonschema: Callable[..., None]
) -> None:
    file = tmp_path / "recipe.yml"
    file.write_text(RECIPES[recipe])
    check_jsonschema("--builtin-schema", SCHEMAS[recipe], file)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", VARIABLES)
async def test_a_recipe_ingests_a_failed_job(recipe: str, tmp_path: Path) -> None:
    command = script(recipe)
    pytest_file = tmp_path / "bin" / "pytest"
    pytest_file.parent.mkdir()
    pytest_file.write_text(PYTEST)
    pytest_file.chmod(0o755)
    environment = {
        "PATH": f"{pytest_file.parent}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LC_ALL": "C.UTF-8",
        **VARIABLES[recipe],
    }
    # Before it, the CI ran the tests; Buildkite's does so itself.
    before = "" if "pytest" in command else "pytest || true; "
    process = await asyncio.create_subprocess_exec(
        "bash", "-euc", before + command, cwd=tmp_path, env=environment,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    # Buildkite's ends as the tests did.
    assert process.returncode == (recipe == "Buildkite"), said.decode()
    with duckdb.connect(tmp_path / ".ci-health" / "ci-health.duckdb", read_only=True) as connection:
        (job,) = connection.execute(
            "SELECT workflow, job, branch, event, attempt, conclusion, head_sha, url FROM job"
        ).fetchall()
        (total,) = connection.execute("SELECT total FROM test_report").fetchall()
    workflow = "build" if recipe == "CircleCI" else "nightly"
    branch = "trunk" if recipe in ("GitLab CI", "Buildkite") else "main"
    assert job[:7] == (workflow, "unit", branch, "push", "1", "failure", "c0ffee")
    assert job[7].startswith("https://ci.example.org/")
    assert total == (2,)
