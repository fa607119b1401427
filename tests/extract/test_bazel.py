"""Attempts that Bazel writes into files of their own, with the names and the text that Bazel 4.2.3 gave them."""

import io
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.archive import ArchiveLimits, read_artifact
from etl.extract.bazel import joined
from etl.model.results import CaseName, Outcome, Result
from tests.extract.reports import case, made_by_bazel, suite, zipped

FLAKY, SHARD = "shop/flaky_test", "shop/shard_test/shard_2_of_2"
NAMED = '<failure message="connection refused"/>'


def read(files: dict[str, str]) -> list[tuple[str, str, str, str | None]]:
    """Name, outcome, message and healed message of each result."""
    content = read_artifact(io.BytesIO(zipped(dict(files))), "testlogs")
    assert content.anomalies == []
    return [
        (result.name, result.outcome.value, result.message, result.retried_message)
        for result in content.results
    ]


@pytest.mark.parametrize("root", ["", "testlogs/", "a\\b\\"])
@pytest.mark.parametrize("backwards", [False, True])
def test_a_target_that_passed_when_it_ran_again_is_one_flaky_test(*, root: str, backwards: bool) -> None:
    files = {
        f"{root}{FLAKY}/test.xml": made_by_bazel(FLAKY, printed="fine now"),
        f"{root}{FLAKY}/test_attempts/attempt_1.xml": made_by_bazel(FLAKY, 1, "connection refused"),
    }
    found = read(dict(reversed(files.items())) if backwards else files)
    assert found == [(FLAKY, "passed", "", "connection refused")]


def test_shards_and_their_attempts_stay_together() -> None:
    name = "shop/shard_test_shard_{}/2"
    files = {f"shop/shard_test/shard_{n}_of_2/test.xml": made_by_bazel(name.format(n)) for n in (1, 2)}
    for attempt in (2, 10, 1):
        path = f"{SHARD}/test_attempts/attempt_{attempt}.xml"
        files[path] = made_by_bazel(name.format(2), 1, f"attempt {attempt} fails")
    assert read(files) == [
        ("shop/shard_test_shard_1/2", "passed", "", None),
        ("shop/shard_test_shard_2/2", "passed", "", "attempt 10 fails"),
    ]


def test_tests_of_a_target_that_names_them() -> None:
    files = {
        "t/test.xml": suite(case("Adds"), case("Pays")),
        "t/test_attempts/attempt_1.xml": suite(case("Adds"), case("Pays", NAMED)),
    }
    assert read(files) == [
        ("Adds", "passed", "", None),
        ("Pays", "passed", "", "connection refused"),
    ]


def test_a_failure_that_no_later_attempt_names_stays() -> None:
    files = {
        "t/test.xml": suite(case("Adds")),
        "t/test_attempts/attempt_1.xml": suite(case("Adds"), case("Pays", NAMED)),
    }
    assert read(files) == [("Adds", "passed", "", None), ("Pays", "failed", "connection refused", None)]


@pytest.mark.parametrize("last", [suite(case("Adds")), made_by_bazel(FLAKY)])
@pytest.mark.parametrize("earlier", [made_by_bazel(FLAKY, 139), made_by_bazel(FLAKY, 142, "timed out")])
def test_a_crash_that_did_not_come_again_is_healed(earlier: str, last: str) -> None:
    found = read({f"{FLAKY}/test.xml": last, f"{FLAKY}/test_attempts/attempt_1.xml": earlier})
    assert not any(outcome in {"failed", "error"} for _, outcome, _, _ in found)
    (healed,) = [told for _, _, _, told in found if told is not None]
    assert healed in {"exited with error code 139", "timed out"}


def test_a_target_that_failed_every_time_failed_once() -> None:
    files = {
        f"{FLAKY}/test.xml": made_by_bazel(FLAKY, 1, "refused at last"),
        f"{FLAKY}/test_attempts/attempt_1.xml": made_by_bazel(FLAKY, 1, "refused"),
        f"{FLAKY}/test_attempts/attempt_2.xml": made_by_bazel(FLAKY, 1, "refused again"),
    }
    assert read(files) == [(FLAKY, "error", "refused at last", None)]


def test_attempts_without_their_last_are_read_as_they_are() -> None:
    attempt = f"{FLAKY}/test_attempts/attempt_1.xml"
    assert read({attempt: made_by_bazel(FLAKY, 1, "refused")}) == [(FLAKY, "error", "refused", None)]


TRACE = """F
======================================================================
FAIL: test_total (total_test.Basket.test_total)
----------------------------------------------------------------------
AssertionError: 3 != 4

----------------------------------------------------------------------
Ran 1 test in 0.000s"""


def test_rules_of_dashes_that_the_test_printed_stay() -> None:
    ((_, _, message, _),) = read({"t/test.xml": made_by_bazel("t", 1, TRACE)})
    assert message == TRACE


def test_of_long_output_the_end_is_told() -> None:
    ((_, _, message, _),) = read({"t/test.xml": made_by_bazel("t", 1, f"{'x' * 5_000}\n{TRACE}")})
    assert message.endswith(TRACE)
    assert len(message) < 1_100


def test_what_it_printed_counts_as_memory() -> None:
    many = {f"t{n}/test.xml": made_by_bazel(f"t{n}", 1, f"{n}" * 900) for n in range(50)}
    content = read_artifact(io.BytesIO(zipped(dict(many))), "testlogs")
    assert content.held > sum(len(result.message) for result in content.results)


def test_an_earlier_attempt_is_told_also_where_the_last_is_too_large() -> None:
    files = {
        "t/test_attempts/attempt_1.xml": suite(case("Pays", NAMED)),
        "t/test.xml": suite(*(case(f"t{n}") for n in range(2_000))),
    }
    content = read_artifact(io.BytesIO(zipped(dict(files))), "testlogs", ArchiveLimits(total=10_000))
    assert [result.name for result in content.results if result.is_red] == ["Pays"]


def test_a_last_attempt_that_is_cut_off_heals_no_target() -> None:
    files = {
        f"{FLAKY}/test_attempts/attempt_1.xml": made_by_bazel(FLAKY, 1, "refused"),
        f"{FLAKY}/test.xml": "<testsuite name='s'><testcase classname='c' name='a'/><testcase classname='c' name='b'><fail",
    }
    content = read_artifact(io.BytesIO(zipped(dict(files))), "testlogs")
    assert len(content.anomalies) == 1
    assert [(r.name, r.outcome.value, r.retried_message) for r in content.results] == [
        (FLAKY, "error", None),
        ("a", "passed", None),
    ]


def test_a_test_called_as_its_target_is_not_the_target() -> None:
    files = {
        "p/test_x/test_attempts/attempt_1.xml": suite(case("test_x", NAMED)),
        "p/test_x/test.xml": suite(case("other")),
    }
    assert read(files) == [("test_x", "failed", "connection refused", None), ("other", "passed", "", None)]


def test_a_retry_within_an_earlier_attempt_is_kept() -> None:
    flaky = '<flakyFailure message="slow"/>'
    files = {
        "t/test_attempts/attempt_1.xml": suite(case("a", flaky), case("b", NAMED)),
        "t/test.xml": suite(case("a"), case("b")),
    }
    assert read(files) == [("a", "passed", "", "slow"), ("b", "passed", "", "connection refused")]


def test_other_files_are_no_attempts() -> None:
    files = {
        "foo/test.xml": suite(case("a")),
        "foo/test_attempts/attempt_1.xml": suite(case("a", NAMED)),
        "footest.xml": suite(case("b")),
        "xtest_attempts/attempt_1.xml": suite(case("c", NAMED)),
    }
    assert sorted(read(files)) == [
        ("a", "passed", "", "connection refused"),
        ("b", "passed", "", None),
        ("c", "failed", "connection refused", None),
    ]


RESULTS = st.lists(
    st.builds(
        lambda name, outcome: Result(
            CaseName(name if name == "pkg/t" else "s", name), outcome, 1.0, "m" if outcome.is_red else ""
        ),
        st.sampled_from(["a", "b", "s", "pkg/t"]),
        st.sampled_from(Outcome),
    ),
    max_size=5,
)


@given(st.lists(RESULTS, min_size=1, max_size=4))
def test_no_failure_disappears_and_no_flake_is_made_up(attempts: Sequence[Sequence[Result]]) -> None:
    found = joined(attempts, "pkg/t")
    assert {result.case for result in found} == {result.case for own in attempts for result in own}
    last = attempts[-1]
    passed = bool(last) and not any(result.is_red for result in last)
    for result in found:
        own = [[one for one in attempt if one.case == result.case] for attempt in attempts]
        ever_red = any(one.is_red for many in own for one in many)
        if result.retried_message is not None:
            assert ever_red
            assert result.outcome is Outcome.PASSED
            assert passed or any(one.outcome is Outcome.PASSED for many in own for one in many)
    assert sum(result.is_red for result in found) >= sum(result.is_red for result in last)
