import subprocess
from pathlib import Path

import pytest

from etl.cli.asked import what_is_asked
from etl.errors import ConfigurationError
from etl.report.explained.asked import Asked

SHA = "3f2a91c0" * 5
ACTIONS = {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/rocket", "GITHUB_RUN_ID": "7"}
NOWHERE = Path("/")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://github.com/acme/rocket/actions/runs/7", Asked("acme/rocket", run_id=7)),
        ("https://ghe.test/acme/rocket/actions/runs/7/job/9?pr=1#step:3:1", Asked("acme/rocket", run_id=7)),
        (
            "https://github.com/acme/rocket/actions/runs/7/attempts/2",
            Asked("acme/rocket", run_id=7, attempt=2),
        ),
        ("https://github.com/acme/rocket/pull/12/files", Asked("acme/rocket", request=12)),
        ("https://github.com/acme/rocket/tree/fix/it", Asked("acme/rocket", branch="fix/it")),
        (f"https://github.com/acme/rocket/commit/{SHA}", Asked("acme/rocket", sha=SHA)),
        ("7", Asked("acme/one", run_id=7)),
        ("feature/x", Asked("acme/one", branch="feature/x")),
        ("3f2a91c", Asked("acme/one", sha="3f2a91c")),
        (SHA, Asked("acme/one", sha=SHA)),
    ],
)
def test_what_an_argument_means(text, expected):
    assert what_is_asked(text, "", ("acme/one",), {}, NOWHERE) == expected


def test_in_actions_it_is_the_run_itself():
    assert what_is_asked("", "", ("acme/one",), ACTIONS, NOWHERE) == Asked("acme/rocket", run_id=7)
    assert what_is_asked("8", "", ("acme/one",), ACTIONS, NOWHERE) == Asked("acme/rocket", run_id=8)


def test_a_workflow_that_a_run_started_asks_about_that_run(tmp_path):
    event = tmp_path / "event.json"
    event.write_text('{"workflow_run": {"id": 99}}')
    environment = ACTIONS | {"GITHUB_EVENT_NAME": "workflow_run", "GITHUB_EVENT_PATH": str(event)}
    assert what_is_asked("", "", (), environment, NOWHERE) == Asked("acme/rocket", run_id=99)
    event.write_text('{"workflow_run": {"id": "; rm -rf"}}')
    with pytest.raises(ConfigurationError, match="name the run"):
        what_is_asked("", "", (), environment, NOWHERE)


def test_in_a_checkout_it_is_its_commit(tmp_path):
    for command in (
        ("init", "-q"),
        ("remote", "add", "origin", "git@github.com:acme/rocket.git"),
        ("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "x"),
    ):
        subprocess.run(("git", *command), cwd=tmp_path, check=True, capture_output=True)
    asked = what_is_asked("", "", (), {}, tmp_path)
    assert asked.repository == "acme/rocket"
    assert len(asked.sha) == 40


@pytest.mark.parametrize(
    ("text", "configured", "environment", "part"),
    [
        ("https://github.com/acme/rocket/issues/1", (), {}, "is no run"),
        ("7", ("acme/one", "acme/two"), {}, "which repository"),
        ("7", ("acme/*",), {}, "which repository"),
        ("", ("acme/one",), {}, "which run"),
        ("", (), {"GITHUB_ACTIONS": "true"}, "GITHUB_RUN_ID"),
    ],
)
def test_what_cannot_be_told_is_said(text, configured, environment, part):
    with pytest.raises(ConfigurationError, match=part):
        what_is_asked(text, "", configured, environment, NOWHERE)
