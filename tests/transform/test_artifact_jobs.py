from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from etl.model.records import Artifact, Job, Run, Step
from etl.settings import Settings
from etl.transform.results.artifact_jobs import is_wanted, job_of, was_made_in
from tests.transform.test_attempts import RUN

NOW = 1_800_000_000


def artifact(name: str, created_at: int = NOW) -> Artifact:
    return Artifact(1, name, 10, expired=False, created_at=created_at, run_id=1)


def job(name: str, *steps: Step) -> Job:
    times: dict[str, Any] = {"created_at": NOW - 100, "started_at": NOW - 90, "completed_at": NOW + 10}
    return Job(
        hash(name),
        1,
        1,
        name,
        "completed",
        "success",
        **times,
        labels=(),
        steps=steps,
        url="",
        broken_steps=0,
    )


def step(name: str, start: int | None, end: int | None) -> Step:
    return Step(1, name, "success", start, end)


def found(name: str, *jobs: str, rules: tuple[tuple[str, str], ...] = ()) -> str | None:
    result = job_of(artifact(name), [job(item) for item in jobs], rules)
    return None if result is None else result.name


@pytest.mark.parametrize(
    ("attempt", "until", "moment", "made"),
    [
        (1, None, 0, True),
        (1, None, 99_999, True),
        (1, 300, -50, True),  # clocks may differ: nothing came before the first attempt
        (1, 300, 299, True),
        (1, 300, 300, False),
        (2, 900, 299, False),
        (2, 900, 300, True),
        (2, 900, 900, False),
        (3, None, 899, False),
        (3, None, 900, True),
    ],
)
def test_an_artifact_is_of_the_last_attempt_that_had_begun(
    attempt: int, until: int | None, moment: int, made: bool
) -> None:
    run = ended(100_000, attempt=attempt, started_at=NOW + 300 * (0, 0, 1, 3)[attempt])
    limit = None if until is None else NOW + until
    assert was_made_in(artifact("junit", NOW + moment), run, limit) is made


def ended(at: int, **changes: Any) -> Run:
    return replace(RUN, updated_at=f"{datetime.fromtimestamp(NOW + at, UTC):%Y-%m-%dT%H:%M:%SZ}", **changes)


@pytest.mark.parametrize(("moment", "made"), [(500, True), (530, True), (600, False)])
def test_an_artifact_from_after_the_last_change_is_of_an_attempt_that_is_not_known(
    moment: int, made: bool
) -> None:
    """A run that is repeated between its listing and that of the artifacts."""
    run = ended(500, attempt=1)
    assert was_made_in(artifact("junit", NOW + moment), run, None) is made
    still_open = replace(run, status="in_progress")
    assert was_made_in(artifact("junit", NOW + moment), still_open, None)


MATRIX = ("test (ubuntu-latest, 3.11)", "test (ubuntu-latest, 3.12)", "test (windows-latest, 3.12)", "lint")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("junit-test-ubuntu-latest-3.12", MATRIX[1]),
        ("JUnit_Test_Ubuntu_Latest_3_12", MATRIX[1]),
        ("test-results (windows-latest, 3.12)", MATRIX[2]),
        ("junit-lint", "lint"),
        ("junit-test-ubuntu-latest", None),
        ("junit-test-ubuntu-latest-312", None),
        ("junit-test-ubuntu-latest-3.1.2", None),
        ("junit-test-ubuntu-latest-12.3", None),
        ("junit", None),
    ],
)
def test_all_words_of_a_matrix_job(name: str, expected: str | None) -> None:
    assert found(name, *MATRIX) == expected


def test_the_job_with_the_most_words_counts() -> None:
    assert found("junit-unit-race", "unit", "unit race", "race") == "unit race"
    assert found("junit-unit-race", "unit", "race") is None
    assert found("junit", "(", "…") is None
    assert found("größe-tests", "Größe", "lint") == "Größe"


def test_a_rule_counts_before_words() -> None:
    jobs = ("unit", "e2e (chrome)", "e2e (firefox)")
    assert found("unit", *jobs, rules=(("unit", "e2e (ch*"),)) == "e2e (chrome)"
    assert found("unit", *jobs, rules=(("other", "e2e*"), ("unit", "e2e*"), ("u?it", "*fox)"))) == jobs[2]
    assert found("unit", *jobs, rules=(("unit", "gone"),)) == "unit"


def test_a_rule_carries_over_what_its_stars_found() -> None:
    jobs = ("test [linux] (3.11)", "test [linux] (3.12)", "test [*] (3.12)")
    rules = (("py*-on-*", "test [{2}] ({1})"),)
    assert found("py3.12-on-linux", *jobs, rules=rules) == jobs[1]
    assert found("py3.12-on-*", *jobs, rules=rules) == jobs[2]
    assert found("py3.12-on-mac", *jobs, rules=rules) is None
    assert found("a", "b {1} {0}", "c", rules=(("a", "b {1} {0}"),)) == "b {1} {0}"


@pytest.mark.parametrize(("moment", "expected"), [(-3, None), (-2, "a"), (0, "a"), (7, "a"), (8, None)])
def test_the_one_job_in_an_upload_step(moment: int, expected: str | None) -> None:
    jobs = [job("a", step("Run tests", NOW - 50, NOW), step("Upload report", NOW, NOW + 5)), job("b")]
    result = job_of(artifact("report", NOW + moment), jobs)
    assert (result.name if result else None) == expected


def test_two_jobs_in_upload_steps_tell_nothing() -> None:
    uploading = step("actions/UPLOAD-artifact@v4", NOW, None)
    assert job_of(artifact("report"), [job("a", uploading), job("b", uploading)]) is None
    unknown = step("upload", None, None)
    assert job_of(artifact("report"), [job("a", unknown), job("b")]) is None


def test_the_only_job_of_a_run() -> None:
    assert found("report", "build") == "build"
    assert found("report") is None


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("Test Results (Python 3.12)", True),
        ("JUnit", True),
        ("test_results", True),
        ("TestResults", True),
        ("surefire-reports", True),
        ("playwright-report", True),
        ("Playwright Report", True),
        ("test-reports-3.12", True),
        ("coverage", False),
        ("dist", False),
    ],
)
def test_default_patterns_ignore_case_and_separators(name, wanted):
    assert is_wanted(name, Settings().tests.artifacts) is wanted
