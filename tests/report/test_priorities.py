"""What to do first: each problem once, in order of cost, as a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.report.findings import readable
from etl.report.priorities import MAX_PRIORITIES, priorities
from tests.report.answers import finding


def said(*rows: dict[str, object]) -> list[str]:
    """Name and sentence of each."""
    return [f"{item.where}|{item.name} {item.sentence}" for item in priorities(rows).first]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (
            finding("slower", 224.4, size=0.43),
            "is slower since fedcba9876 (May 29): 5m 56s → 8m 30s (+43 %); about 3.7 h a week.",
        ),
        (
            finding("waits longer", 700, size=9.0, level_before=3.0, level_after=30.0),
            "waits longer for a runner since fedcba9876 (May 29): 3.0s → 30s (+900 %); about 12 h a week.",
        ),
        (
            finding("less reliable", 0.4, size=-0.15, level_before=0.99, level_after=0.84),
            "succeeds less often since fedcba9876 (May 29): 99.0 % → 84.0 % (-15 pp).",
        ),
        (
            finding("flaky", 45, size=0.16),
            "is flaky since May 29: fails one time in 6; 10 of 13 failures passed on the same commit; about 45 min a week.",
        ),
        (
            finding("flaky", 45, size=0.5, proven=0, probability=0.97),
            (
                "is flaky since May 29: fails 50.0 % of the time; 13 failures among passes, 97 % likely a flake; "
                "about 45 min a week."
            ),
        ),
        (finding("broken", 0), "is broken since fedcba9876 (May 29), red 13 times."),
        (
            finding("broken", 0, between="a1,b2"),
            "is broken since one of 3 commits up to fedcba9876 (May 29), red 13 times.",
        ),
        (finding("broken", 0, since_sha=None), "is broken since May 29, red 13 times."),
    ],
)
def test_a_finding_is_a_sentence(row: dict[str, object], sentence: str) -> None:
    assert said(row) == [f"CI|unit {sentence}"]


def test_a_failure_that_spreads_is_called_by_what_it_says() -> None:
    row = finding("spreading", 130, size=4.0, level_before=1.0, level_after=5.0, since_sha=None) | {
        "level": "failure",
        "workflow": "(any)",
        "job": None,
        "suite": "f00d",
        "name": "connection to <host> refused",
    }
    assert said(row) == [
        (
            "|connection to <host> refused spreads since May 29: in 5 jobs within a day, in 1 in the week before, "
            "and in unrelated changes; about 2.2 h a week."
        )
    ]


def test_what_ended_and_what_got_better_are_nothing_to_do() -> None:
    assert said(finding("broken", 9, until="2026-05-30T08:00:00Z"), finding("faster", 9)) == []


def test_a_workflow_whose_job_explains_it_is_not_named_beside_it() -> None:
    workflow = {"job": None, "level": "workflow"}
    names = [item.name for item in priorities([finding("flaky", 50, **workflow), finding("flaky", 30)]).first]
    assert names == ["unit"]
    names = [item.name for item in priorities([finding("flaky", 90, **workflow), finding("flaky", 30)]).first]
    assert names == ["CI", "unit"]
    names = [
        item.name for item in priorities([finding("broken", 90, **workflow), finding("broken", 3)]).first
    ]
    assert names == ["unit"]


def test_breaks_of_several_branches_are_told_apart() -> None:
    """A job that is broken on one explains nothing of another."""
    workflow = {"job": None, "level": "workflow"}
    rows = [
        finding("broken", 9, **workflow, branch="main"),
        finding("broken", 8, branch="release-1"),
        finding("broken", 7, **workflow, branch="release-1"),
        finding("broken", 6, name="decays", branch="release-2\x1b[31m"),
        finding("broken", 5, name="decays", branch="release-3"),
    ]
    assert [(item.name, item.where) for item in priorities(rows).first] == [
        ("CI", "branch main"),
        ("unit", "CI, branch release-1"),
        ("decays", "CI › unit, branch release-2␛[31m"),  # noqa: RUF001
        ("decays", "CI › unit, branch release-3"),  # noqa: RUF001
    ]


def test_a_test_that_flakes_in_a_matrix_is_one_problem() -> None:
    rows = [finding("flaky", 20, name="decays", job=f"unit ({number})", size=0.1) for number in (1, 2, 3)]
    (one,) = priorities(rows).first
    assert (one.where, one.name) == ("CI › 3 jobs", "decays")  # noqa: RUF001
    assert "30 of 39 failures" in one.sentence
    assert "about 1.0 h a week" in one.sentence


def test_a_job_that_got_slower_twice_has_two_causes() -> None:
    twice = [finding("slower", 20, since_sha="a" * 40), finding("slower", 10, since_sha="b" * 40)]
    assert [item.sentence[:32] for item in priorities(twice).first] == [
        f"is slower since {sha * 10} (May " for sha in "ab"
    ]


def test_the_repository_is_named_if_there_are_several() -> None:
    rows = [finding("slower", 9), finding("slower", 8, repository="acme/website")]
    assert [item.where for item in priorities(rows).first] == ["acme/rocket › CI", "acme/website › CI"]  # noqa: RUF001


KINDS = (
    "flaky",
    "broken",
    "slower",
    "faster",
    "less reliable",
    "more reliable",
    "waits longer",
    "waits less",
    "spreading",
)
ROWS = st.builds(
    lambda kind, cost, job, name, size: finding(kind, cost, job=job, name=name, size=size),
    st.sampled_from(KINDS), st.floats(0, 10_000), st.sampled_from([None, "unit", "lint"]),
    st.sampled_from([None, "decays"]), st.none() | st.floats(0.001, 1),
)  # fmt: skip


@given(st.lists(ROWS, max_size=30))
def test_at_most_ten_the_most_expensive_first_and_none_twice(rows: list[dict[str, object]]) -> None:
    found = priorities([row | {"size": row["size"] or 0.1} for row in rows])
    assert len(found.first) <= MAX_PRIORITIES
    assert found.more == 0 or len(found.first) == MAX_PRIORITIES
    for row in rows:
        readable(row)
