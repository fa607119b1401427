"""The gate on recorded runs of real test runners; runs/VERSIONS says which."""

from dataclasses import replace
from datetime import timedelta

import pytest

from etl.extract.strict.report import read_strictly
from etl.quarantine.entry import Quarantine
from etl.quarantine.verdict import Report, Terms, judge
from tests.quarantine.samples import FAILING, RUNS, TODAY, decide, entry, quarantine

PASSED = sorted(name.replace("failed", "passed") for name in FAILING)


def read(name: str) -> bytes:
    return (RUNS / name).read_bytes()


@pytest.mark.parametrize("name", PASSED)
def test_what_passes_is_green_with_and_without_entries(name: str) -> None:
    data = read(name)
    assert decide(data, Quarantine()).is_green
    kept = quarantine(name.replace("passed", "failed"))
    verdict = decide(data, kept)
    assert verdict.is_green
    assert verdict.passed_over == []


@pytest.mark.parametrize("name", FAILING)
def test_failures_in_quarantine_pass_and_are_reported(name: str) -> None:
    verdict = decide(read(name), quarantine(name), Terms(TODAY, runner_exit=1))
    assert verdict.objections == []
    assert sorted(tuple(result.case) for result, _ in verdict.passed_over) == sorted(FAILING[name])


@pytest.mark.parametrize("name", FAILING)
def test_each_failure_needs_an_entry_of_its_own(name: str) -> None:
    data, kept = read(name), quarantine(name)
    for left_out in kept.entries:
        rest = replace(kept, entries=tuple(one for one in kept.entries if one is not left_out))
        assert not decide(data, rest).is_green


@pytest.mark.parametrize("name", FAILING)
def test_entries_are_exact_and_renamed_tests_do_not_match(name: str) -> None:
    data, kept = read(name), quarantine(name)
    for at, one in enumerate(kept.entries):
        bare = one.test.partition("[")[0].partition("/")[0].partition("(")[0]
        others = {f"{one.test}x", one.test[:-1], one.test.upper(), f" {one.test}", "*", f"{bare}[*]"}
        for other in others - {one.test}:
            entries = (*kept.entries[:at], entry(one.suite, other), *kept.entries[at + 1 :])
            assert not decide(data, replace(kept, entries=entries)).is_green


@pytest.mark.parametrize("name", FAILING)
def test_an_expired_entry_is_red_and_its_last_day_is_not(name: str) -> None:
    data, kept = read(name), quarantine(name)
    last = kept.entries[0].expires
    assert decide(data, kept, Terms(last)).is_green
    assert not decide(data, kept, Terms(last + timedelta(days=1))).is_green
    assert not decide(data, kept, Terms(TODAY - timedelta(days=1))).is_green


@pytest.mark.parametrize("name", FAILING)
def test_too_few_tests_are_red(name: str) -> None:
    data = read(name)
    ran = decide(data, quarantine(name)).tests
    assert decide(data, quarantine(name, min_tests=ran), Terms(TODAY, ran)).is_green
    assert not decide(data, quarantine(name, min_tests=ran + 1)).is_green
    assert not decide(data, quarantine(name), Terms(TODAY, ran + 1)).is_green


@pytest.mark.parametrize("name", FAILING)
def test_a_report_that_is_cut_anywhere_is_red(name: str) -> None:
    data, kept = read(name), quarantine(name)
    step = max(1, len(data) // 400)
    for end in range(0, len(data.rstrip()), step):
        assert not decide(data[:end], kept).is_green, end


@pytest.mark.parametrize("name", FAILING)
def test_one_name_for_two_tests_is_red(name: str) -> None:
    results = read_strictly(read(name))
    verdict = judge([Report("a", results), Report("b", results)], quarantine(name), Terms(TODAY))
    assert not verdict.is_green


# What went wrong outside of the tests, or took other tests with it, by the runs that were recorded of it.
CRASHES = {
    "pytest-collection.xml": "outside of any test",
    "gotestsum-crashed.xml": "panicked",
    "gotestsum-exited.xml": "did not end",
    "gotestsum-outside.xml": "outside of any test",
    "gotestsum-build.xml": "outside of any test",
    "go-crashed.jsonl": "panicked",
    "go-exited.jsonl": "did not end",
    "go-outside.jsonl": "outside of any test",
    "go-build.jsonl": "does not build",
    "vitest-broken.xml": "outside of any test",
    "vitest-broken.json": "outside of any test",
    "surefire-outside.xml": "outside of any test",
    # Its totals are those of the repetition alone.
    "surefire-rerun.xml": "says that it has 2 tests",
}


@pytest.mark.parametrize("name", CRASHES)
def test_a_crash_is_red_whatever_is_in_quarantine(name: str) -> None:
    every = {case for cases in FAILING.values() for case in cases}
    every |= {("pytest", "test_broken"), ("cart.test.js", "cart.test.js"), ("example.org/cart", "TestMain")}
    every |= {("shop.CartTest", "shop.CartTest")}
    kept = Quarantine(tuple(sorted(entry(*case) for case in every)))
    verdict = decide(read(name), kept)
    assert len(verdict.objections) >= 1
    assert CRASHES[name] in " ".join(verdict.objections)


def test_runners_that_die_write_no_report() -> None:
    assert not (RUNS / "pytest-crashed.xml").exists()
    assert not (RUNS / "surefire-crashed.xml").exists()


@pytest.mark.parametrize("name", ["vitest-outside.xml", "vitest-outside.json"])
def test_vitest_reports_an_unhandled_error_by_its_exit_code_alone(name: str) -> None:
    assert decide(read(name), Quarantine()).is_green
    assert not decide(read(name), Quarantine(), Terms(TODAY, runner_exit=1)).is_green


@pytest.mark.parametrize("code", [2, 3, 134, 137, -9])
def test_a_runner_that_crashed_is_red(code: int) -> None:
    data, kept = read("pytest-failed.xml"), quarantine("pytest-failed.xml")
    assert not decide(data, kept, Terms(TODAY, runner_exit=code)).is_green
