"""Lines without what terminals and CI services put around them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.logs.lines import MAX_LINE, plain, read_line, read_lines
from etl.model.logs import Line


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("2026-07-30T10:39:20.7140484Z ##[error]Failed", Line(0, "Failed", "error", "2026-07-30T10:39:20.7140484Z")),
        ("\ufeff2026-07-30T10:39:20.7140484Z ##[group]Run make", Line(0, "Run make", "group", "2026-07-30T10:39:20.7140484Z")),
        ('\x1b[31;1mThe command "x" exited with 1.\x1b[0m\r', Line(0, 'The command "x" exited with 1.')),
        ("travis_time:end:0a:start=1,finish=2\r\x1b[0KDone", Line(0, "Done")),
        ("Fetching 1%\rFetching 50%\rFetched\r", Line(0, "Fetched")),
        ("\x1b[1G   adds\x1b[K\x1b[77G1/6\x1b[2G\x1b[1G \u2717 adds\x1b[K", Line(0, " \u2717 adds")),
        ("\x1b(B\x1b[mFAILED\x1b]0;title\x07", Line(0, "FAILED")),
        ("a\x00b", Line(0, "ab")),
    ],
)  # fmt: skip
def test_a_line_is_read_as_a_person_sees_it(raw, line):
    assert read_line(0, raw) == line


def test_lines_are_numbered():
    assert [line.number for line in read_lines("a\nb\n\nc", 7)] == [7, 8, 9, 10]


@given(st.text())
def test_a_line_is_short_and_has_no_control_characters(raw):
    line = read_line(0, raw.replace("\n", " "))
    assert len(line.text) <= MAX_LINE
    assert not any(character < " " and character != "\t" for character in line.text)


@given(st.text(alphabet="\x1b[]0;mGK\r ab\x07"))
def test_what_is_plain_stays_as_it_is(raw):
    assert plain(plain(raw)) == plain(raw)
