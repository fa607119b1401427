"""A filter that names nothing is said, with what it may have meant."""

import pytest

from etl.report.filters import unknown

JOBS = [
    {"repository": repository, "workflow": workflow, "job": job}
    for repository, workflow, job in (
        ("acme/rocket", "CI", "unit (3.12)"), ("acme/rocket", "Nightly", "fuzz"), ("acme/website", "Docs", "site"),
    )
]  # fmt: skip
ATTEMPTS = [{"repository": "acme/rocket", "workflow": "CI", "branch": "main"}]


@pytest.mark.parametrize(
    ("filters", "sentence"),
    [
        ({"workflow": "ci"}, "no workflow 'ci' in this period: did you mean 'CI'?"),
        ({"workflow": "Release"}, "no workflow 'Release' in this period; there are CI, Docs, Nightly"),
        (
            {"repository": "acme/rockets"},
            "no repository 'acme/rockets' in this period: did you mean 'acme/rocket'?",
        ),
        (
            {"repository": "acme/website", "workflow": "Nightly"},
            "no workflow 'Nightly' in this period; there are Docs",
        ),
        ({"job": "unit"}, "no job 'unit' in this period: did you mean 'unit (3.12)'?"),
        ({"branch": "master"}, "no branch 'master' in this period; there are main"),
        ({"workflow": "CI", "branch": "main"}, None),
        ({}, None),
    ],
)
def test_the_first_filter_without_a_row_is_named(filters: dict[str, str], sentence: str | None) -> None:
    assert unknown(filters, {"jobs": JOBS, "attempts": ATTEMPTS}) == sentence


def test_many_names_are_not_all_listed() -> None:
    rows = [{"repository": "r", "workflow": f"{number:02}", "job": "j"} for number in range(20)]
    assert unknown({"workflow": "zebra"}, {"jobs": rows}) == (
        "no workflow 'zebra' in this period; there are 00, 01, 02, 03, 04, 05, 06, 07 and 12 more"
    )


def test_an_empty_store_has_no_names() -> None:
    assert unknown({"workflow": "CI"}, {"jobs": []}) == "no workflow 'CI': nothing is stored of this period"
