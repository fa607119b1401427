"""A test in several jobs as one row: what it has of them."""

from typing import Any

import pytest

from etl.report.formats import shared_start
from etl.report.things import WITHIN, failing_tests, flaky_tests, found_tests, jobs_named
from tests.report.answers import failing, finding, flaky


def test_a_failing_test_has_the_counts_of_all_its_jobs_and_the_worst_state() -> None:
    rows = [
        failing("a", 1, 10, job="unit (x)", mean_s=1.0, last_failure="2026-05-02T00:00:00Z", state="passing"),
        failing("b", 1, 10),
        failing("a", 3, 30, job="unit (y)", mean_s=2.0, last_failure="2026-05-09T00:00:00Z", failures_before=5),
        failing("a", 2, 2, job="unit (z)", mean_s=None, state="quiet"),
    ]  # fmt: skip
    merged, other = failing_tests(rows)
    assert (merged["runs"], merged["failures"], merged["failures_before"]) == (42, 6, 5)
    assert merged["failure_rate"] == pytest.approx(1 / 7)
    assert merged["mean_s"] == pytest.approx(1.75)
    assert (merged["state"], merged["last_failure"]) == ("failing", "2026-05-30T09:30:00Z")
    assert (merged["job"], merged[WITHIN]) == ("unit (3 jobs)", [rows[0], rows[2], rows[3]])
    assert other is rows[1]


def test_a_flaky_test_is_rated_over_all_its_jobs() -> None:
    rows = [
        flaky("a", 1, 50, job="unit (x)", last_seen="2026-05-02T00:00:00Z", message="old"),
        flaky(None, 2, 50),
        flaky("a", 29, 50, job="unit (y)", last_seen="2026-05-29T00:00:00Z", message="new", state="broken"),
    ]
    merged, job = flaky_tests(rows)
    # By hand, as in tests/queries/test_flaky.py: 30 of 100.
    assert (merged["flakes"], merged["runs"], merged["flake_rate"]) == (30, 100, 0.3)
    assert merged["score"] == pytest.approx(0.218949, abs=1e-6)
    assert (merged["message"], merged["state"], merged["last_seen"]) == (
        "new",
        "broken",
        "2026-05-29T00:00:00Z",
    )
    assert job is rows[1]


def test_proven_and_suspected_flakes_of_a_test_are_not_added_up() -> None:
    rows = [
        flaky("a", 9, 100, job="x", evidence="suspected", probability=0.97, message="else"),
        flaky("a", 1, 100, job="y", flake_rate=0.07),
    ]
    (merged,) = flaky_tests(rows)
    assert (merged["evidence"], merged["probability"], merged["flakes"]) == ("proven", 1.0, 1)
    # The rate is of both: 9 % and 7 % of as many results.
    assert (merged["flake_rate"], merged["message"]) == (pytest.approx(0.08), "Timeout after 42s")
    assert merged["score"] == merged["rate_low"] < 0.08 < merged["rate_high"]


def test_what_ran_less_often_than_it_flaked_has_no_rate() -> None:
    rows = [flaky("a", 2, 0, job="x"), flaky("a", 1, 1, job="y"), flaky("b", 1, 9)]
    found = flaky_tests(rows)
    assert [(row["test"], row["flake_rate"]) for row in found] == [("b", 1 / 9), ("a", None)]


@pytest.mark.parametrize("name", ["repository", "workflow", "suite"])
def test_the_same_name_elsewhere_is_another_test(name: str) -> None:
    rows = [failing("a", 1, 2, job="x"), failing("a", 1, 2, job="y", **{name: "other"})]
    assert failing_tests(rows) == rows


def test_findings_of_a_test_in_several_jobs_are_one_of_each_kind() -> None:
    def test(kind: str, job: str, cost: float) -> dict[str, Any]:
        return finding(kind, cost, name="a", job=job, size=cost / 100)

    rows = [
        test("flaky", "x", 3), test("flaky", "y", 9), test("slower", "x", 5), test("slower", "x", 4),
        finding("flaky", 11),
    ]  # fmt: skip
    found = found_tests(rows)
    assert [(row["kind"], row["job"], row["cost_minutes"]) for row in found] == [
        ("flaky", "2 jobs", 12),
        ("flaky", "unit", 11),
        ("slower", "x", 5),
        ("slower", "x", 4),
    ]
    assert found[0]["size"] == 0.09


@pytest.mark.parametrize(
    ("jobs", "called"),
    [
        (["unit"], "unit"),
        (["unit (a)", "unit (b)", "unit (a)"], "unit (2 jobs)"),
        (["ci / unit (a)", "ci / lint"], "ci (2 jobs)"),
        (["unit", "lint"], "2 jobs"),
    ],
)
def test_jobs_are_called_by_what_they_share(jobs: list[str], called: str) -> None:
    assert jobs_named([{"job": job} for job in jobs]) == called


@pytest.mark.parametrize(
    ("texts", "start"),
    [
        ([], ""),
        (["a.b"], ""),
        (["a.b", "a.b"], ""),
        (["a.bc", "a.bd"], "a."),
        (["a.b.c", "a.b"], "a."),
        (["ab", "ac"], ""),
        (["pkg/x.T", "pkg/y.T", "pkg/xy"], "pkg/"),
    ],
)
def test_a_shared_start_ends_where_a_part_of_a_name_does(texts: list[str], start: str) -> None:
    assert shared_start(texts) == start
