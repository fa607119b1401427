"""Failing tests by name, in recordings of real runners, bare and through what CI and wrappers make of them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.logs.failing_tests import RUNNERS, failing_tests
from etl.extract.logs.lines import read_lines
from tests.logs import Recording, recordings

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
    if recording.name == "pretty" and wrapped is not WRAPPED["bare"]:
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


def test_messages_and_places_are_told():
    recording = next(one for one in ALL if one.runner == "pytest" and one.name == "failing")
    lines = [line.text for line in read_lines(recording.text)]
    told = {test.name: test for test in failing_tests(lines)}["test_total_is_wrong"]
    assert (told.path, told.line) == ("test_shop.py", 11)
    assert told.message == "AssertionError: total of the basket\nassert 3 == 4"
    assert "test_total_is_wrong" in lines[told.first]


# The formats of those that cannot be installed here, after their documentation and sources.
DOCUMENTED = {
    "dotnet": (
        "  Failed Acme.Shop.BasketTests.Total_is_wrong(n: 2) [12 ms]\n  Error Message:\n   Assert.Equal() Failure\n"
        "  Stack Trace:\n     at Acme.Shop.BasketTests.Total_is_wrong(Int32 n) in /src/BasketTests.cs:line 11\n",
        {("Acme.Shop.BasketTests", "Total_is_wrong(n: 2)")},
    ),
    "nextest": (
        "        FAIL [   0.006s] (3/5) shop::api tests::is_wrong\n──── STDERR: shop::api tests::is_wrong\n"
        "    thread 'tests::is_wrong' panicked at src/lib.rs:24:9:\n    no\n     TIMEOUT [  60.003s] shop hangs\n"
        "   TRY 1 FAIL [   0.006s] shop flaky\n   TRY 2 PASS [   0.006s] shop flaky\n     SIGABRT [   0.011s] shop aborts\n",
        {("shop::api", "tests::is_wrong"), ("shop", "hangs"), ("shop", "aborts")},
    ),
    "Bazel": (
        "//shop:total_test                    FAILED in 0.4s\n//shop:slow_test (cached) TIMEOUT in 60.1s\n"
        "//shop:flaky_test                    FLAKY, failed in 1 out of 2 in 0.4s\n//shop:fine_test PASSED in 0.1s\n",
        {("", "//shop:total_test"), ("", "//shop:slow_test")},
    ),
    "XCTest": (
        "/src/Tests/BasketTests.swift:12: error: BasketTests.testTotal : XCTAssertEqual failed: (\"3\") is not equal to (\"4\")\n"
        "Test Case 'BasketTests.testTotal' failed (0.012 seconds)\nTest Case '-[ShopTests.OldTests testSum]' failed (0.1 seconds).\n"
        "✘ Test total() failed after 0.001 seconds with 1 issue.\n✘ Test \"two words\" failed after 0.001 seconds with 1 issue.\n",
        {("BasketTests", "testTotal"), ("OldTests", "testSum"), ("", "total()"), ("", "two words")},
    ),
    "Pest": (
        "   FAILED  Tests\\Unit\\ShopTest > it adds\n  Failed asserting that 3 is identical to 4.\n\n  at tests/Unit/ShopTest.php:6\n",
        {("Tests\\Unit\\ShopTest", "it adds")},
    ),
    "Cypress": (
        "  Basket\n    1) is wrong\n\n\n  0 passing (1s)\n  1 failing\n\n  1) Basket\n       is wrong:\n\n"
        "      AssertionError: expected 3 to equal 4\n\n  (Results)\n",
        {("Basket", "is wrong")},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "tests"), DOCUMENTED.values(), ids=DOCUMENTED)
def test_documented_formats_are_read(text, tests):
    assert named(text) == tests


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
