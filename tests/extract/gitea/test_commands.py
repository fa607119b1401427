"""Annotations are read from `::error` commands in a log."""

import pytest

from etl.extract.gitea.commands import Commands
from etl.model.records import Annotation


def _read(log: bytes, size: int = 7) -> list[Annotation]:
    commands = Commands()
    for start in range(0, len(log), size):
        commands.write(log[start : start + size])
    return commands.finish()


def test_a_command_is_an_annotation() -> None:
    log = b"2026-11-28T05:00:00.1234567Z ::error file=a.py,line=3,title=Lint%3A 1::no%0Aname, 50%25\nmore\n::warning::w"
    assert _read(log) == [
        Annotation("failure", "no\nname, 50%", "Lint: 1", "a.py", 3),
        Annotation("warning", "w", "", "", None),
    ]


@pytest.mark.parametrize(
    "line", [b"say ::error::no", b"::errors::no", b"::error no", b"::group::x", b"", b"\xff\xfe::"]
)
def test_other_lines_are_none(line: bytes) -> None:
    assert _read(line) == []


@pytest.mark.parametrize("number", [b"x", b"-1", b"9" * 40, b""])
def test_a_line_that_is_no_number_is_left_out(number: bytes) -> None:
    assert _read(b"::error line=" + number + b"::m")[0].line is None


def test_at_most_fifty_are_kept_of_endless_ones() -> None:
    assert len(_read(b"::error::m\n" * 10_000, 4_096)) == 50


def test_an_endless_line_is_cut() -> None:
    (found,) = _read(b"::error::" + b"m" * 1_000_000, 65_536)
    assert len(found.message) <= 64 * 1024


def test_a_download_that_begins_again_begins_anew() -> None:
    commands = Commands()
    commands.write(b"::error::one\n::err")
    commands.restart()
    commands.write(b"::error::two\n")
    assert [one.message for one in commands.finish()] == ["two"]
