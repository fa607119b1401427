"""Failing tests by name, in recordings of real runners, bare and through what CI and wrappers make of them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.logs.failing_tests import RUNNERS, failing_tests
from etl.extract.logs.lines import read_lines
from etl.extract.logs.runners import bazel
from tests.logs import Recording, recordings
from tests.waiting import assert_linear

ALL = recordings()


def named(text: str) -> set[tuple[str, str]]:
    return {(test.suite, test.name) for test in failing_tests([line.text for line in read_lines(text)])}


def prefixed(prefix: str, text: str) -> str:
    return "\n".join(f"{prefix}{line}".rstrip() for line in text.split("\n"))


WRAPPED: dict[str, Callable[[str], str]] = {
    "bare": lambda text: text,
    "GitHub": lambda text: prefixed("2026-07-30T10:39:20.7140484Z ", text),
    "carriage returns": lambda text: text.replace("\n", "\r\n"),
    "docker compose": lambda text: prefixed("web-1  | ", text),
    "BuildKit": lambda text: prefixed("#12 3.456 ", text),
    "Turborepo": lambda text: prefixed("@acme/shop:test: ", text),
    "Lerna": lambda text: prefixed("@acme/shop: ", text),
    "pnpm": lambda text: prefixed("packages/shop test: ", text),
    "Concurrently": lambda text: prefixed("[0] ", text),
}


@pytest.mark.parametrize("wrapped", WRAPPED.values(), ids=WRAPPED)
@pytest.mark.parametrize("recording", ALL, ids=lambda recording: f"{recording.runner} {recording.name}")
def test_failing_tests_are_named(recording: Recording, wrapped):
    # Wrappers write line by line: a carriage return begins a line of the terminal, not of the wrapper.
    if "pretty" in recording.name and wrapped is not WRAPPED["bare"]:
        pytest.skip("drawn for a terminal")
    assert named(wrapped(recording.text)) == recording.tests


def test_names_are_as_good_as_asked_for():
    """Of all recordings together: recall 0.97, precision 0.99."""
    found = expected = right = 0
    for recording in ALL:
        names = named(recording.text)
        found, expected, right = (
            found + len(names),
            expected + len(recording.tests),
            right + len(names & recording.tests),
        )
    assert right / expected >= 0.97
    assert right / found >= 0.99


def test_at_least_eighteen_runners_were_recorded():
    assert len({recording.runner for recording in ALL if recording.tests}) >= 18


def test_interleaved_streams_are_read_by_themselves():
    first, second = (
        recording
        for recording in ALL
        if (recording.runner, recording.name) in {("go", "plain"), ("jest", "failing")}
    )
    left, right = first.text.split("\n"), second.text.split("\n")
    lines = []
    for place in range(max(len(left), len(right))):
        lines += [f"api-1  | {left[place]}"] if place < len(left) else []
        lines += [f"web-1  | {right[place]}"] if place < len(right) else []
    assert named("\n".join(lines)) == first.tests | second.tests


def test_messages_and_places_are_read():
    recording = next(one for one in ALL if one.runner == "pytest" and one.name == "failing")
    lines = [line.text for line in read_lines(recording.text)]
    told = {test.name: test for test in failing_tests(lines)}["test_total_is_wrong"]
    assert (told.path, told.line) == ("test_shop.py", 11)
    assert told.message == "AssertionError: total of the basket\nassert 3 == 4"
    assert "test_total_is_wrong" in lines[told.first]


def test_a_target_is_told_by_what_its_failing_execution_printed():
    recording = next(one for one in ALL if one.runner == "bazel" and one.name == "output")
    lines = [line.text for line in read_lines(recording.text)]
    assert {test.name: test.message for test in failing_tests(lines)} == {
        "//shop:crash_test": "FAILED in 0.3s",
        "//shop:shard_test": "shard 1 fails",
        "//shop:slow_test": "-- Test timed out at 2026-11-28 09:26:38 UTC --",
        "//shop:total_test": "total is 3, not 4",
    }


def test_newer_bazels_say_how_an_execution_ended():
    block = "==================== Test output for //foo:t (run {} of 2):\n{}\n" + "=" * 80
    text = "\n".join(
        [
            "FAIL: //foo:t (run 1 of 2) (Exit 1) (see /x/test.log)",
            block.format(1, "AssertionError: 3 != 4"),
            block.format(2, "all good"),
            "//foo:t                     FAILED in 1 out of 2 in 0.2s",
        ]
    )
    (test,) = failing_tests([line.text for line in read_lines(text)])
    assert (test.name, test.message) == ("//foo:t", "AssertionError: 3 != 4")


@pytest.mark.parametrize("start", ["FAIL: ", "", "==================== Test output for "])
def test_slashes_take_bazel_no_longer_than_their_number(start):
    assert_linear(
        lambda lines: list(bazel.find(lines)), lambda length: [start + "/" * length + " x"] * 20, 4_000
    )


# The formats of those that cannot be installed here, after their documentation and sources.
DOCUMENTED = {
    "dotnet": {("Acme.Shop.BasketTests", "Total_is_wrong(n: 2)")},
    "nextest": {("shop", "aborts"), ("shop", "hangs"), ("shop::api", "tests::is_wrong")},
    "XCTest": {("", "total()"), ("", "two words"), ("BasketTests", "testTotal"), ("OldTests", "testSum")},
    "Pest": {("Tests\\Unit\\ShopTest", "it adds")},
    "Cypress": {("Basket", "is wrong")},
}


@pytest.mark.parametrize("name", DOCUMENTED)
def test_documented_formats_are_read(name):
    text = (Path(__file__).parent / "documented" / f"{name}.txt").read_text("utf-8")
    assert named(text) == DOCUMENTED[name]


@given(
    st.lists(st.sampled_from([line for one in ALL[::3] for line in one.text.split("\n")[:40]]), max_size=60)
)
def test_any_mixture_of_lines_is_read(lines):
    for test in failing_tests([line.text for line in read_lines("\n".join(lines))]):
        assert 0 <= test.first < max(1, len(lines))
        assert test.name
        assert len(test.message) <= 2_000


@given(st.text())
def test_any_text_is_read(text):
    for runner in RUNNERS:
        list(runner.find(text.split("\n")))
