"""What the documentation names exists: commands, options, make targets, files, settings."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import typer.main

from etl.cli.app import app
from etl.report.views import VIEWS
from etl.settings import known_settings
from etl.settings.environment import read_environment
from tools.docs import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.fixture(scope="module")
def commands() -> dict[str, Any]:
    """The commands by name."""
    group: Any = typer.main.get_command(app)
    return dict(group.commands)


def mentioned(text: str) -> list[list[str]]:
    """Words after `ci-health`, in code: up to a comment, a closing mark or the line's end."""
    code = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    return [
        found.split() for part in code for found in re.findall(r"^ci-health ([^#`\n]+)", part, re.MULTILINE)
    ]


def test_every_command_and_option_that_is_named_exists(commands: dict[str, Any]) -> None:
    named = [words for page in PAGES for words in mentioned(page.read_text("utf-8"))]
    assert {words[0] for words in named} >= {"check", "sync", "backfill", "show", "report", "run"}
    for name, *words in named:
        if name.startswith("--"):
            assert name in _GLOBAL
            continue
        options = {option for parameter in _parameters(commands[name]) for option in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options


# Of the command itself; the last two are click's.
_GLOBAL = {"--version", "--config", "--debug", "--help", "--install-completion", "--show-completion"}


def _parameters(command: Any) -> list[Any]:
    nested = getattr(command, "commands", {}).values()
    return [*command.params, *(parameter for inner in nested for parameter in _parameters(inner))]


def test_every_question_that_is_shown_has_a_view() -> None:
    named = [words for page in PAGES for words in mentioned(page.read_text("utf-8"))]
    questions = {words[1] for words in named if words[0] == "show" and len(words) > 1}
    assert questions
    assert questions <= set(VIEWS)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_to_files_that_exist(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_make_targets_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"\bmake (\w+) +#", page.read_text("utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_variables_lead_to_settings(page: Path) -> None:
    names = set(re.findall(r"\bCI_HEALTH_[A-Z_]*[A-Z]\b", page.read_text("utf-8"))) - {"CI_HEALTH_CONFIG"}
    for name in names - {name for name in names if name.endswith("TOKEN_FILE")}:
        (path,) = _paths(read_environment({name: "x"}))
        assert path in known_settings(), name


def _paths(values: dict[str, Any], prefix: str = "") -> list[str]:
    return [
        path
        for key, value in values.items()
        for path in (_paths(value, f"{prefix}{key}.") if isinstance(value, dict) else [prefix + key])
    ]
