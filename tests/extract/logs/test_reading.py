"""Logs as a whole: what is shown of real ones, and of those that are made to harm."""

from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.logs.reading import read_log
from tests.logs import DATA, cidiff, logchunks, pytorch

needs_data = pytest.mark.skipif(not (DATA / "logchunks").exists(), reason="the marked logs are not here")


@needs_data
def test_marked_lines_of_travis_logs_are_shown():
    """A few of them; all are measured by `python -m benchmarks logs`."""
    shares = []
    for marked in logchunks(every=24, first=3):
        shown = {told.line.number for told in read_log([marked.content]).lines}
        assert len(shown) <= 20
        shares.append(len(shown & marked.lines) / max(1, marked.number))
    assert mean(map(bool, shares)) >= 0.8
    assert mean(shares) >= 0.6


@needs_data
def test_marked_lines_of_github_logs_are_shown():
    found = [
        bool(one.lines & {told.line.number for told in read_log([one.content]).lines}) for one in pytorch()
    ]
    assert sum(found) >= 17


@needs_data
def test_a_passing_log_is_asked_only_where_nothing_else_explains():
    asked = 0
    for pair in cidiff():

        def passing(content: bytes = pair.passing):
            nonlocal asked
            asked += 1
            yield content

        read_log([pair.failing], passing=passing())
    assert asked < 5


def test_the_failed_step_is_read_by_its_times():
    log = "\n".join(
        f"2026-07-30T10:0{minute}:00.0000000Z {text}"
        for minute, text in enumerate(
            ["a.c:1:1: error: before", "b.c:1:1: error: within", "c.c:1:1: error: after"]
        )
    )
    reading = read_log([log.encode()], started="2026-07-30T10:01:00Z", ended="2026-07-30T10:01:30Z")
    assert [told.line.text for told in reading.lines] == ["b.c:1:1: error: within"]
    assert reading.category == "build"
    assert reading.explained


def test_what_is_new_explains_where_no_rule_does():
    passing = b"step one took 3 s\nstep two took 4 s\n"
    failing = b"step one took 5 s\nthe widget is out of balance\nProcess completed with exit code 1.\n"
    reading = read_log([failing], passing=[passing])
    assert "the widget is out of balance" in reading.message
    assert not reading.explained
    assert reading.category == "unknown"


def test_secrets_are_masked_in_tests_and_lines():
    token = "ghp_" + "a1B2" * 9
    log = f"--- FAIL: TestIt (0.00s)\n    x_test.go:1: got {token}\nFAIL\tx\t0.1s\nerror: https://me:hunter22@host/x\n"
    reading = read_log([log.encode()])
    told = f"{reading.tests}{reading.lines}"
    assert token not in told
    assert "hunter22" not in told
    assert "***" in reading.tests[0].message


@pytest.mark.parametrize(
    "hostile",
    [
        b"", b"\n", b"\x00" * 1_000, b"\xff\xfe\n\xc3\x28", b"::error file=a::x\n::set-env name=A::b\n", b"##[group]\n##[endgroup]\n" * 50,
        b"\x1b[" + b"1;" * 5_000 + b"m error", b"  1) " * 2_000, b"not ok " * 2_000, b"1 failing\n" * 2_000, b"failures:\n" * 2_000,
        b"=" * 70 + b"\nFAIL: a (b)\n", b"There were 99999999999999999999 failures:\n", b"  99999999999999999999 failing\n\n  1) a:\n",
        b"Traceback (most recent call last):\n" * 500, b"(" * 1_000 + b":" * 1_000,
    ],
)  # fmt: skip
def test_no_log_harms(hostile, capsys):
    reading = read_log([hostile])
    assert len(reading.lines) <= 20
    assert len(reading.message) <= 4_000
    assert capsys.readouterr() == ("", "")


@given(st.lists(st.binary(max_size=200)), st.sampled_from(["", "2026-01-01T00:00:00Z"]))
def test_any_bytes_are_read(chunks, time):
    reading = read_log(chunks, started=time, ended=time, passing=[b"a\n"])
    assert len(reading.lines) <= 20
    assert reading.size == sum(map(len, chunks))
