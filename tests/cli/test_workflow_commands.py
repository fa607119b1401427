import io
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.cli.workflow_commands import disarm_output, disarmed, issue

PIECES = st.sampled_from(
    [":", "::", "#", "##[", "[", " ", "\t", "\n", "\r", "\u2003", "error", "]", "::error::x"]
)


def commands(text: str) -> list[str]:
    """Lines that the runner obeys."""
    return [line for line in re.split("[\r\n]", text) if line.lstrip().startswith("::") or "##[" in line]


@given(st.lists(PIECES | st.text(max_size=3)).map("".join))
def test_no_line_is_a_command_and_nothing_but_spaces_is_added(text: str) -> None:
    shown = disarmed(text)
    assert commands(shown) == []
    assert shown.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", ["a::b", "std::vec", "# heading", "x ::y", "a: b", "[#1]", "## [x]"])
def test_what_is_no_command_stays(text: str) -> None:
    assert disarmed(text) == text


def replaced(monkeypatch: pytest.MonkeyPatch) -> tuple[list[io.BytesIO], object]:
    """What stdout and stderr write into, and their streams.

    To be held: a stream that is dropped closes its file, and Python's own are in sys.__stdout__ too. No fixture,
    since pytest sets its own streams again between a fixture and its test.
    """
    files = [io.BytesIO(), io.BytesIO()]
    streams = [io.TextIOWrapper(file, "utf-8") for file in files]
    for name, own in zip(("stdout", "stderr"), streams, strict=True):
        monkeypatch.setattr(sys, name, own)
    return files, streams


@pytest.mark.parametrize(("variables", "shown"), [({"GITHUB_ACTIONS": "true"}, ": :x\n"), ({}, "::x\n")])
def test_only_steps_of_github_actions_are_disarmed(
    variables: dict[str, str], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _held = replaced(monkeypatch)
    disarm_output(variables)
    for stream in (sys.stdout, sys.stderr):
        print("::x", file=stream, flush=True)
    assert [file.getvalue().decode() for file in files] == [shown, shown]


@pytest.mark.parametrize(
    ("variables", "shown"), [({"GITHUB_ACTIONS": "true"}, "half a line\n::notice::x\n"), ({}, "half a line")]
)
def test_our_own_commands_stand_on_lines_of_their_own_in_steps_alone(
    variables: dict[str, str], shown: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, _held = replaced(monkeypatch)
    disarm_output(variables)
    sys.stderr.write("half a line")
    issue(["::notice::x"])
    sys.stderr.flush()
    assert [file.getvalue().decode() for file in files] == ["", shown]
