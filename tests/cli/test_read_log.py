"""`ci-health read-log`: what failed, from a file or from standard input."""

import json
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from etl.cli.app import app
from etl.errors import ConfigurationError

FAILED = """\
collected 3 items
test_orders.py .F.                                                       [100%]

=================================== FAILURES ===================================
_________________________________ test_saves ___________________________________
    def test_saves():
>       assert total() == 2
E       assert 1 == 2
test_orders.py:5: AssertionError
=========================== short test summary info ============================
FAILED test_orders.py::test_saves - assert 1 == 2
========================= 1 failed, 2 passed in 0.12s ==========================
##[error]Process completed with exit code 1.
"""


def run(*arguments: str, given: str | None = None) -> Any:
    return CliRunner().invoke(app, ["read-log", *arguments], input=given)


def test_failing_tests_are_named(tmp_path: Path) -> None:
    file = tmp_path / "failed.log"
    file.write_text(FAILED)
    shown = run(str(file))
    assert shown.exit_code == 0
    assert shown.output.splitlines()[0] == "category: test"
    assert "failed: test_orders.py › test_saves" in shown.output.splitlines()  # noqa: RUF001


def test_json_from_standard_input() -> None:
    found = json.loads(run("-", "--json", given=FAILED).output)
    assert found["category"] == "test"
    assert [(test["suite"], test["test"]) for test in found["tests"]] == [("test_orders.py", "test_saves")]
    assert found["bytes_left_out"] == 0


def test_a_log_that_says_nothing_is_no_success() -> None:
    shown = run("-", given="")
    assert shown.exit_code == 1
    assert "nothing in this log says what failed" in shown.output


def test_what_is_new_against_a_passing_log(tmp_path: Path) -> None:
    (tmp_path / "passed.log").write_text("fetching\nchecking widgets\ndone\n")
    shown = run("-", "--passing", str(tmp_path / "passed.log"), given="fetching\nwidget 7 is crooked\ndone\n")
    assert shown.output.splitlines() == ["category: unknown", "widget 7 is crooked"]


def test_a_file_that_is_not_there_is_reported(tmp_path: Path) -> None:
    shown = run(str(tmp_path / "none.log"))
    assert isinstance(shown.exception, ConfigurationError)
    assert "cannot be read: No such file or directory" in str(shown.exception)


def test_no_line_steers_a_terminal() -> None:
    """In GitHub Actions, `disarm_output` keeps every command's lines from being workflow commands."""
    shown = run("-", given="\x1b[31mESC\x1b]0;title\x07 error: bad\n")
    assert "\x1b" not in shown.output
