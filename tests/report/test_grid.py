"""What the grid's cells, columns and marks are of executions, results and findings."""

from datetime import timedelta
from typing import Any

import pytest

from etl.queries import question
from etl.report.grid import MAX_JOBS, MAX_SHEETS, MAX_TESTS, grid
from etl.report.grid_columns import MAX_COMMITS
from tests.report.answers import HOSTILE, PERIOD, execution, finding, result

PASSED, FAILED, FLAKED, LEFT_OUT = range(4)
Rows = list[dict[str, Any]]


def sheets(executions: Rows, results: Rows | None = None, findings: Rows | None = None) -> Rows:
    answers = {
        "latest_executions": executions,
        "latest_results": results or [],
        "findings": findings or [],
    }
    found: Rows = grid(answers)["sheets"]
    return found


def sheet(executions: Rows, results: Rows | None = None, findings: Rows | None = None) -> dict[str, Any]:
    (found,) = sheets(executions, results, findings)
    return found


def cells(row: dict[str, Any]) -> list[tuple[int, int]]:
    """Column and outcome of each."""
    return [(cell[0], cell[1]) for cell in row["cells"]]


def called(found: dict[str, Any]) -> list[str]:
    return [row["name"] for row in found["rows"]]


def test_commits_stand_newest_first() -> None:
    found = sheet([execution(number) for number in (2, 0, 1)])
    assert [name for name, _ in found["columns"]] == ["0000000002", "0000000001", "0000000000"]
    times = [time for _, time in found["columns"]]
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(
    ("conclusions", "outcome", "text"),
    [
        (["success"], PASSED, None),
        (["failure"], FAILED, None),
        (["timed_out"], FAILED, "Timed out"),
        (["cancelled"], LEFT_OUT, "Cancelled"),
        (["skipped"], LEFT_OUT, "Skipped"),
        (["failure", "success"], FLAKED, "1 failed, 1 passed"),
        (["failure", "timed_out"], FAILED, "2 failed"),
        (["cancelled", "success"], PASSED, "1 passed, 1 cancelled or skipped"),
    ],
)
def test_what_ran_several_times_on_a_commit_is_one_cell(
    conclusions: list[str], outcome: int, text: str | None
) -> None:
    executions = [
        execution(0, name, attempt=number, job_id=number) for number, name in enumerate(conclusions, 1)
    ]
    ((_, found, _, _, *texts),) = sheet(executions)["rows"][0]["cells"]
    assert (found, texts) == (outcome, [text] if text else [])


def test_a_cell_leads_to_the_last_failure() -> None:
    executions = [
        execution(0, name, attempt=number, job_id=number, run_id=55)
        for number, name in enumerate(("failure", "failure", "success"), 1)
    ]
    found = sheet(executions)
    assert found["rows"][0]["cells"][0][2:4] == [55, 2]
    assert found["address"] == "https://github.com/acme/rocket/actions/runs/"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://github.com/other", None])
def test_what_is_no_address_of_a_job_is_no_link(url: str | None) -> None:
    assert sheet([execution(0, url=url)])["address"] is None


def test_an_execution_without_a_commit_is_told_by_its_run() -> None:
    found = sheet([execution(0, head_sha=None, run_id=7), execution(1, head_sha=None, run_id=8)])
    assert [name for name, _ in found["columns"]] == ["run 8", "run 7"]


def test_jobs_of_a_matrix_share_their_name_and_are_in_natural_order() -> None:
    jobs = ["unit (3.10)", "unit (3.9)", "lint", "deploy (prod)"]
    found = sheet([execution(0, job_name=name) for name in jobs])
    assert [(row["group"], row["name"], row["title"]) for row in found["rows"]] == [
        ("", "deploy (prod)", "deploy (prod)"),
        ("", "lint", "lint"),
        ("unit", "3.9", "unit (3.9)"),
        ("unit", "3.10", "unit (3.10)"),
    ]


def test_a_test_in_a_matrix_is_one_row() -> None:
    here, there = (execution(0, "failure", name) for name in ("unit (a)", "unit (bc)"))
    found = sheet([here, there], [result(here, "failed"), result(there, "passed")])
    (row,) = (row for row in found["rows"] if row["group"] == "Tests that failed")
    assert (row["name"], row["title"]) == ("test_decays", "OrbitTest › test_decays")  # noqa: RUF001
    # That it failed here and passed there is no flake.
    assert row["cells"] == [[0, FAILED, 9000, here["job_id"], "Failed in 1 of 2 jobs: unit (a)"]]


def test_a_test_that_failed_and_passed_in_a_job_on_a_commit_flaked() -> None:
    first, second = execution(0, "failure"), execution(0, attempt=2, job_id=5)
    found = sheet([first, second], [result(first, "error"), result(second, "passed")])
    assert cells(found["rows"][1]) == [(0, FLAKED)]
    assert found["rows"][1]["cells"][0][4] == "Failed and passed in unit"


def test_tests_of_a_job_without_reports_passed_where_it_succeeded() -> None:
    executions = [execution(0, "failure"), execution(1), execution(2, "failure"), execution(3, "cancelled")]
    found = sheet(executions, [result(executions[0], "failed")])
    assert cells(found["rows"][1]) == [(2, PASSED), (3, FAILED)]
    reported = [result(executions[0], "failed"), result(executions[2], "passed", "another")]
    found = sheet(executions, reported)
    assert [cells(row) for row in found["rows"][1:]] == [[(3, FAILED)], [(1, PASSED)]]


def test_a_result_of_an_execution_that_is_not_shown_is_left_out() -> None:
    assert called(sheet([execution(0)], [result(execution(7, "failure"), "failed")])) == ["unit"]


def test_each_workflow_on_each_branch_is_a_sheet_and_the_worst_comes_first() -> None:
    executions = [
        execution(0, workflow="Docs"),
        execution(1, "failure", workflow="Release"),
        *(execution(number, branch="(pull request)") for number in range(9)),
        execution(2, branch="release"),
        execution(0),
    ]
    answer = grid({"latest_executions": executions})
    assert answer["branches"] == ["main", "release", "(pull request)"]
    found = [(one["branch"], one["name"]) for one in answer["sheets"]]
    assert found == [(0, "Release"), (0, "CI"), (0, "Docs"), (1, "CI"), (2, "CI")]


def test_repositories_are_named_where_there_are_several() -> None:
    executions = [execution(0), execution(0, repository="acme/website")]
    assert [one["name"] for one in sheets(executions)] == ["acme/rocket › CI", "acme/website › CI"]  # noqa: RUF001


def test_what_is_left_out_is_said_and_failed_less_often() -> None:
    names = [f"job {number:03}" for number in range(MAX_JOBS + 2)]
    executions = [execution(0, "success" if name == names[0] else "failure", name) for name in names]
    tests = [result(executions[1], "failed", f"test {number:03}") for number in range(MAX_TESTS + 3)]
    found = sheet(executions, tests)
    assert found["left_out"] == "2 jobs that failed less often, 3 tests that failed less often"
    assert len(found["rows"]) == MAX_JOBS + MAX_TESTS
    assert names[0] not in called(found)
    many = [execution(0, workflow=f"W{number}") for number in range(MAX_SHEETS + 4)]
    answer = grid({"latest_executions": many})
    assert (len(answer["sheets"]), answer["left_out"]) == (MAX_SHEETS, [4])


def test_only_the_newest_commits_are_columns() -> None:
    found = sheet([execution(number) for number in range(MAX_COMMITS + 1)])
    assert (len(found["columns"]), found["older"]) == (MAX_COMMITS, True)
    assert found["columns"][0][0] == f"{MAX_COMMITS:010x}"
    assert not sheet([execution(0)])["older"]


def test_a_sheet_ends_where_the_answer_ends_for_one_of_its_jobs() -> None:
    """A job that ran so often that its older executions are not in the answer did not rest before."""
    most = (question("latest_executions").options or {})["most_rows"]
    often = [execution(5, attempt=number, job_id=number) for number in range(1, most + 1)]
    found = sheet([*often, execution(2, job_name="lint"), execution(6, job_name="lint")])
    assert [name for name, _ in found["columns"]] == ["0000000006", "0000000005"]
    assert found["older"]


def test_the_newest_commit_is_there_however_often_its_jobs_ran() -> None:
    most = (question("latest_executions").options or {})["most_rows"]
    often = [execution(5, attempt=number, job_id=number) for number in range(1, most + 1)]
    assert len(sheet([*often, execution(5, job_name="x", attempt=0)])["columns"]) == 1


def test_all_sheets_end_where_an_answer_ends_that_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    options = question("latest_results").options or {}
    monkeypatch.setitem(options, "most_in_all", 2)
    executions = [execution(number, "failure") for number in range(5)]
    results = [result(one, "failed") for one in executions[3:]]
    found = sheet(executions, results)
    assert [name for name, _ in found["columns"]] == ["0000000004", "0000000003"]
    assert found["older"]


def since(commit: int) -> dict[str, Any]:
    """When a finding began: with a commit."""
    row = execution(commit)
    return {"since": row["time"], "since_sha": row["head_sha"]}


EXECUTIONS = [execution(number) for number in range(10)]


def test_a_finding_is_marked_from_where_it_began_to_now() -> None:
    found = sheet(EXECUTIONS, findings=[finding("broken", 1, **since(7))])
    ((start, stop, began, kind, text),) = found["rows"][0]["marks"]
    assert (start, stop, began, kind) == (0, 3, True, 0)
    assert text.startswith("Is broken since 0000000007")


def test_a_finding_that_ended_is_marked_up_to_there() -> None:
    until = execution(8)["time"]
    found = sheet(EXECUTIONS, findings=[finding("flaky", 1, until=until, **since(6))])
    assert found["rows"][0]["marks"] == [[2, 4, True, 1, "Flaky from May 1 to May 1."]]


def test_what_began_before_the_first_column_has_no_beginning() -> None:
    early = {"since": PERIOD.start - timedelta(days=3), "since_sha": "f" * 40}
    found = sheet(EXECUTIONS, findings=[finding("slower", 1, **early)])
    assert found["rows"][0]["marks"][0][:3] == [0, 10, False]


def test_marks_stand_where_they_belong() -> None:
    executions = [*EXECUTIONS, execution(3, branch="(pull request)")]
    findings = [
        finding("slower", 1, job="lint", **since(7)),
        finding("faster", 1, **since(7)),
        finding("slower", 1, workflow="Docs", **since(7)),
        finding("slower", 1, level="workflow", job=None, **since(7)),
        finding("broken", 1, until=execution(2)["time"], **since(2)),
    ]
    main, requests = sheets(executions, findings=findings)
    assert [mark[:4] for mark in main["marks"]] == [[0, 3, True, 2]]
    assert (main["rows"][0]["marks"], requests["marks"]) == ([], [])


def test_a_break_is_marked_on_its_branch_alone() -> None:
    executions = [*EXECUTIONS, *(execution(number, branch="release-1") for number in range(9))]
    main, release = sheets(executions, findings=[finding("broken", 1, branch="release-1", **since(7))])
    assert [len(sheet["rows"][0]["marks"]) for sheet in (main, release)] == [0, 1]


def test_a_test_that_flakes_in_a_matrix_has_one_mark() -> None:
    executions = [
        execution(number, "failure", name) for number in range(5) for name in ("unit (a)", "unit (bc)")
    ]
    results = [result(one, "failed") for one in executions]
    test = {"name": "test_decays", "suite": "OrbitTest"}
    findings = [
        finding("flaky", cost, job=job, size=0.1, **test, **since(commit))
        for cost, job, commit in ((9, "unit (a)", 3), (1, "unit (bc)", 1))
    ]
    row = sheet(executions, results, findings)["rows"][-1]
    assert [mark[:3] for mark in row["marks"]] == [[0, 4, True]]


def test_hostile_names_are_harmless_and_short() -> None:
    executions = [execution(0, "failure", HOSTILE * 40, branch=HOSTILE, workflow=HOSTILE)]
    answer = grid({
        "latest_executions": executions, "latest_results": [result(executions[0], "failed", HOSTILE)]
    })  # fmt: skip
    text = str(answer)
    assert not set(text) & {"\x1b", "\x9b", "\x00", "\x07", "\u202e"}
    assert len(text) < 5_000


def test_an_empty_answer_is_an_empty_grid() -> None:
    assert grid({}) == {"branches": [], "sheets": [], "left_out": []}
