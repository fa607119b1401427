"""What a red run is held against."""

from etl.judge.history import Level, Subject
from etl.report.explained.red_run import breaks_of
from tests.report.answers import finding


def test_only_breaks_of_its_base_count() -> None:
    found = breaks_of(
        [
            finding("broken", 9, branch="main", since_sha="a1"),
            finding("broken", 9, branch="release-1", since_sha="b2"),
            finding("broken", 9, job="lint", branch="release-1"),
            finding("flaky", 9, job="lint"),
        ],
        "main",
    )
    unit = Subject("acme/rocket", Level.JOB, "CI", "unit")
    assert {subject: one.first_bad for subject, one in found.items()} == {unit: "a1"}
