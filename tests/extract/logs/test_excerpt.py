"""A bounded part of a log of any size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.logs.excerpt import Excerpt
from etl.extract.logs.reading import read_log
from tests.waiting import assert_linear

NOISE = b"some/file.c compiles as it should\n"


def lines_of(chunks, ended=""):
    excerpt = Excerpt(ended)
    for chunk in chunks:
        excerpt.feed(chunk)
    return list(excerpt.lines()), excerpt


@given(st.lists(st.binary(max_size=60)), st.integers(1, 50))
def test_a_short_log_is_whole_however_it_is_cut(lines, size):
    content = b"\n".join(line.replace(b"\n", b"") for line in lines)
    whole, excerpt = lines_of([content])
    cut, _ = lines_of(content[at : at + size] for at in range(0, len(content), size))
    assert [line.text for line in cut] == [line.text for line in whole]
    assert [line.number for line in whole] == list(range(content.count(b"\n") + 1))
    assert excerpt.left_out == 0


def test_of_a_long_log_the_beginning_the_end_and_failures_between_are_kept():
    filler = NOISE * 100_000
    reading = read_log(
        [
            b"first\n",
            filler,
            b"--- FAIL: TestIt (0.00s)\n    x_test.go:1: no\nFAIL\tacme/shop\t0.1s\n",
            filler,
            b"last\n",
        ]
    )
    assert [(test.suite, test.name) for test in reading.tests] == [("acme/shop", "TestIt")]
    assert 0 < reading.left_out < reading.size


def test_what_is_kept_is_bounded_and_what_is_not_is_counted():
    lines, excerpt = lines_of([NOISE * 1_000] * 1_000)
    kept = sum(len(line.text) + 1 for line in lines)
    assert kept < 4_000_000
    assert excerpt.left_out == pytest.approx(excerpt.bytes - kept, rel=0.01)


@pytest.mark.parametrize("line", [b"x", b"FAIL error \n", b"\xff\x00\x1b[31m\n"])
def test_the_work_grows_no_faster_than_the_log(line):
    chunk = line * (65_536 // len(line))
    assert_linear(lambda size: read_log(chunk for _ in range(size)), int, 80)


def test_what_later_steps_wrote_is_left_out():
    def at(minute: int, text: str, times: int) -> bytes:
        return f"2026-07-30T10:{minute:02}:00.0000000Z {text}\n".encode() * times

    lines, _ = lines_of(
        [at(1, "early", 9), at(2, "error: cause", 1), at(9, "error: later", 60_000)], "2026-07-30T10:03:00Z"
    )
    texts = [line.text for line in lines]
    assert "error: cause" in texts
    assert texts.count("error: later") < 1_000
