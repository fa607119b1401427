import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from etl.queries import QUESTIONS
from etl.report.json_csv import csv_lines, json_lines, to_csv, to_json
from etl.report.view import View
from etl.report.views import OVERVIEW as VIEW_OF_OVERVIEW
from etl.report.views import VIEWS
from tests.report.answers import ANSWERS, HOSTILE, OVERVIEW, job

CONTRACT = {
    "overview": "runs jobs run_success_rate job_success_rate p50_s p95_s queued_p50_s minutes wasted_minutes "
    "flaky_tests flaky_jobs",
    "workflows": "repository workflow success total success_rate job_success_rate p50_s p95_s queued_p50_s minutes",
    "jobs": "repository workflow job job_group success total success_rate p50_s p95_s queued_p50_s minutes",
    "tests": "repository workflow job suite test runs failures failures_before failure_rate mean_s last_failure state",
    "flaky": "repository level workflow job suite test evidence probability flakes runs flake_rate rate_low "
    "rate_high score commits state first_seen last_seen wasted_minutes message failed_url passed_url",
    "failures": "repository signature template count share jobs tests first_seen last_seen message url category",
    "slow": "repository level workflow job name p50_s p95_s p95_s_before minutes",
    "broken": "repository level workflow job suite test branch since until last_good_sha first_bad_sha between "
    "repaired_sha hours hours_to_repair mean_hours_to_repair evidence probability url",
    "success_over_time": "time repository workflow success total success_rate p50_s p95_s",
}


@pytest.mark.parametrize(("question", "keys"), CONTRACT.items(), ids=CONTRACT)
def test_views_have_the_keys_of_the_contract(question: str, keys: str) -> None:
    assert [column.key for column in VIEWS[question].columns] == keys.split()


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.question)
def test_every_view_shows_what_its_question_answers(view: View) -> None:
    answered = [column.name for column in QUESTIONS[view.question].columns]
    # A single answer shows the period before as the change from it.
    expected = [name for name in answered if not (view.single and name.endswith("_before"))]
    assert [column.key for column in view.columns] == expected


@pytest.mark.parametrize("view", VIEWS.values(), ids=lambda view: view.question)
def test_json_has_every_key_and_gives_text_back(view: View) -> None:
    content = json.loads(to_json(view, ANSWERS[view.question]))
    items = [content] if view.single else content
    assert len(items) == len(ANSWERS[view.question])
    assert all({column.key for column in view.columns} <= set(item) for item in items)


def test_overview_is_one_object_with_the_period_before() -> None:
    content = json.loads(to_json(VIEW_OF_OVERVIEW, [OVERVIEW]))
    assert content["run_success_rate"] == 0.871235
    assert content["run_success_rate_before"] == 0.9
    assert content["queued_p50_s_before"] is None


def test_overview_of_nothing_is_one_object_of_nulls() -> None:
    content = json.loads(to_json(VIEW_OF_OVERVIEW, []))
    assert set(content.values()) == {None}
    assert "runs_before" in content


def test_names_come_back_from_json_as_they_were_and_the_text_is_ascii() -> None:
    text = to_json(VIEWS["jobs"], [job(HOSTILE, 1, 2)])
    assert json.loads(text)[0]["job"] == HOSTILE
    assert text.isascii()
    assert "\x1b" not in text


def test_number_types_that_differ_between_stores_print_the_same_bytes() -> None:
    whole: dict[str, Any] = job("unit", 1, 2) | {"p50_s": 3, "success": 1.0, "minutes": Decimal("2.50")}
    decimal = job("unit", 1, 2) | {"p50_s": 3.0000000001, "success": 1, "minutes": 2.5}
    assert to_json(VIEWS["jobs"], [whole]) == to_json(VIEWS["jobs"], [decimal])
    assert to_csv(VIEWS["jobs"], [whole]) == to_csv(VIEWS["jobs"], [decimal])


def test_times_that_differ_in_form_print_the_same_bytes() -> None:
    text = {"time": "2026-05-02T10:00:00.417352918Z"}
    moment = {"time": datetime(2026, 5, 2, 10, 0, 0, 417352, tzinfo=UTC)}
    view = VIEWS["success_over_time"]
    assert to_json(view, [text]) == to_json(view, [moment])
    assert json.loads(to_json(view, [text]))[0]["time"] == "2026-05-02T10:00:00Z"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), Decimal("NaN")])
def test_numbers_that_json_has_not_are_null(value: Any) -> None:
    assert json.loads(to_json(VIEWS["jobs"], [{"p50_s": value}]))[0]["p50_s"] is None


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1"])  # noqa: RUF001
def test_no_name_runs_as_a_formula(name: str) -> None:
    (row,) = read(to_csv(VIEWS["jobs"], [job(name, 1, 2)]))
    assert row["job"].startswith("'")


@pytest.mark.parametrize("name", ["x;=1+1;y", ";@SUM(A1)", "a;b;-1"])
def test_none_runs_where_a_semicolon_separates_cells(name: str) -> None:
    (row,) = read(to_csv(VIEWS["jobs"], [job(name, 1, 2)]))
    cells = row["job"].split(";")
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_numbers_stay_numbers_in_csv() -> None:
    (row,) = read(to_csv(VIEWS["jobs"], [job("unit", 1, 2, p50_s=-4.5, p95_s=None)]))
    assert (row["p50_s"], row["p95_s"], row["success_rate"]) == ("-4.5", "", "0.5")


@pytest.mark.parametrize("name", ['a,"b"', "two\nlines", "semi;colon", "'quoted'", "emoji 🚀", ""])
def test_harmless_names_come_back_from_csv(name: str) -> None:
    (row,) = read(to_csv(VIEWS["jobs"], [job(name, 1, 2)]))
    assert row["job"] == name


def test_csv_of_nothing_is_its_header() -> None:
    assert to_csv(VIEWS["jobs"], []) == ",".join(CONTRACT["jobs"].split()) + "\r\n"


def test_cells_of_an_export_are_as_harmless() -> None:
    (row,) = csv.reader(
        io.StringIO(csv_lines([("=1+1", "a\x1b", -1.5, True, None, float("inf"))]), newline="")
    )
    assert row == ["'=1+1", "a␛", "-1.5", "true", "", ""]


def test_json_lines_are_one_object_each_whatever_the_text() -> None:
    text = json_lines(("name", "x"), [(HOSTILE + "\n##[group]", float("nan")), ("b", True)])
    assert text.isascii()
    assert "##[" not in text
    assert [json.loads(line) for line in text.splitlines()] == [
        {"name": HOSTILE + "\n##[group]", "x": None},
        {"name": "b", "x": True},
    ]
