"""What kind each request is of, by its path."""

import pytest

from etl.extract.github.kinds import KINDS, kind_of, sentence


@pytest.mark.parametrize("base", ["/repos/acme/rocket", "/repositories/42", "/repos/jobs/logs"])
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("", "other"),
        ("/actions/workflows?per_page=100", "other"),
        ("/actions/runs?created=2026-03-01..2026-03-02&per_page=100", "runs"),
        ("/actions/workflows/7/runs?page=2", "runs"),
        ("/actions/runs/5", "runs"),
        ("/actions/runs/5/attempts/2", "runs"),
        ("/actions/runs/5/jobs?per_page=100", "jobs"),
        ("/actions/runs/5/attempts/2/jobs?page=3", "jobs"),
        ("/actions/jobs/9/logs", "logs"),
        ("/check-runs/9/annotations", "annotations"),
        ("/check-suites/3/check-runs?filter=all", "annotations"),
        ("/actions/artifacts?per_page=100", "artifacts"),
        ("/actions/artifacts/8/zip", "artifacts"),
        ("/actions/runs/5/artifacts", "artifacts"),
        ("/commits/abc/check-runs", "checks"),
        ("/commits/abc/statuses", "checks"),
        ("/deployments?sha=abc", "deployments"),
        ("/deployments/4/statuses", "deployments"),
        ("/commits/logs", "other"),
        ("/compare/main...jobs", "other"),
        ("/pulls/5", "other"),
    ],
)
def test_the_path_below_a_repository_tells_the_kind(base: str, path: str, kind: str) -> None:
    assert kind_of(base + path) == kind
    assert kind in KINDS


def test_what_is_below_no_repository_is_other() -> None:
    assert kind_of("/app/installations?per_page=100") == "other"
    assert kind_of("/installation/repositories") == "other"


def test_a_sentence_has_the_most_first() -> None:
    assert sentence({}) == "0 requests"
    assert sentence({"logs": 1}) == "1 request (logs 1)"
    assert sentence({"logs": 1, "runs": 2, "jobs": 9}) == "12 requests (jobs 9, runs 2, logs 1)"
