"""What a failing log has that a passing one has not."""

from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.logs.differences import new_lines
from etl.extract.logs.lines import likeness, read_lines
from tests.logs import DATA, cidiff


def new(failing: str, passing: str) -> list[str]:
    known = {likeness(line.text) for line in read_lines(passing)}
    return [line.text for line in new_lines(list(read_lines(failing)), known)]


def test_errors_are_new_with_what_belongs_to_them():
    failing = "took 3 s\nError: no such table\n    at query (db.js:3)\n\n    at main\nerror: known 7\ndone"
    assert new(failing, "took 4 s\nerror: known 8\ndone") == [
        "Error: no such table",
        "    at query (db.js:3)",
        "",
        "    at main",
        "error: known 7",
    ]


def test_what_sounds_like_a_failure_is_next_then_whatever_is_new():
    assert new("a\nunable to go on\nb", "a\nb") == ["unable to go on"]
    assert new("a\nx y z\nb", "a\nb") == ["x y z"]


@pytest.mark.skipif(not (DATA / "cidiff").exists(), reason="the pairs are not here")
def test_marked_lines_of_pairs_are_new():
    precision, recall = [], []
    for pair in cidiff():
        known = {likeness(line.text) for line in read_lines(pair.passing.decode("utf-8", "replace"))}
        found = {
            line.number
            for line in new_lines(list(read_lines(pair.failing.decode("utf-8", "replace"))), known)
        }
        precision.append(len(found & pair.lines) / max(1, len(found)))
        recall.append(len(found & pair.lines) / len(pair.lines))
    assert mean(precision) >= 0.75
    assert mean(recall) >= 0.90


@given(st.text(), st.text())
def test_new_lines_are_lines_of_the_failing_log(failing, passing):
    assert set(new(failing, passing)) <= {line.text for line in read_lines(failing)}
    assert new(failing, failing) == []
