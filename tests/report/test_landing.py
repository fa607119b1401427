"""The landing page: how each repository does, what is broken first, and nothing of the others."""

from typing import Any

from etl.report.landing import LANDING, landing, standings
from tests.report.answers import ANSWERS, GENERATED_AT, HOSTILE, PERIOD, finding, workflow

ANSWERED: dict[str, list[dict[str, Any]]] = {
    "workflows": [
        workflow("CI", 80, 100), workflow("CI", 99, 100, repository="acme/website"),
        workflow("CI", 1, 100, repository="acme/secret"),
    ],
    "findings": [
        finding("broken", 9, job="deploy", repository="acme/website"),
        finding("broken", 9, job="old", repository="acme/website", until="2026-05-30T08:00:00Z"),
        finding("flaky", 3, name="decays", job="unit (1)"), finding("flaky", 3, name="decays", job="unit (2)"),
        finding("slower", 99, job="classified-job", repository="acme/secret"),
    ],
    "success_over_time": ANSWERS["success_over_time"],
}  # fmt: skip


def test_what_is_broken_comes_first_and_a_test_of_a_matrix_is_one() -> None:
    found = standings(ANSWERED, ["acme/rocket", "acme/website", "acme/new"], PERIOD)
    assert [(one.repository, one.runs, one.rate, one.broken, one.flaky) for one in found] == [
        ("acme/website", "100", "99.0 %", 1, 0),
        ("acme/rocket", "100", "80.0 %", 0, 1),
        ("acme/new", "0", "–", 0, 0),  # noqa: RUF001
    ]


def test_other_repositories_are_not_there() -> None:
    page = landing(ANSWERED, ["acme/rocket", "acme/website"], PERIOD, GENERATED_AT)
    assert "acme/secret" not in page
    assert "classified-job" not in page
    assert set(LANDING) == set(ANSWERED)


def test_a_hostile_name_is_text() -> None:
    page = landing(
        {"workflows": [workflow("CI", 1, 2, repository=HOSTILE)], "findings": [], "success_over_time": []},
        [HOSTILE], PERIOD, GENERATED_AT,
    )  # fmt: skip
    assert "<script>alert" not in page
    assert "Nothing: no job or test is broken" in page
