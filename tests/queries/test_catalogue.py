import re
from datetime import UTC, datetime, timedelta, timezone

import pytest

from etl.errors import ConfigurationError
from etl.model.schema import COUNTED
from etl.queries import QUESTIONS, Column, Question, Type, question
from tests.queries.samples import SPAN

# DESIGN section 2: keys of `show`.
OVERVIEW = [
    "runs",
    "jobs",
    "run_success_rate",
    "job_success_rate",
    "p50_s",
    "p95_s",
    "queued_p50_s",
    "minutes",
    "wasted_minutes",
    "flaky_tests",
    "flaky_jobs",
]
CONTRACT = {
    "overview": OVERVIEW + [f"{name}_before" for name in OVERVIEW],
    "workflows": [
        "repository",
        "workflow",
        "success",
        "total",
        "success_rate",
        "job_success_rate",
        "p50_s",
        "p95_s",
        "queued_p50_s",
        "minutes",
    ],
    "jobs": [
        "repository",
        "workflow",
        "job",
        "job_group",
        "success",
        "total",
        "success_rate",
        "p50_s",
        "p95_s",
        "queued_p50_s",
        "minutes",
    ],
    "tests": [
        "repository",
        "workflow",
        "job",
        "suite",
        "test",
        "runs",
        "failures",
        "failures_before",
        "failure_rate",
        "mean_s",
        "last_failure",
        "state",
    ],
    "flaky": [
        "repository",
        "level",
        "workflow",
        "job",
        "suite",
        "test",
        "evidence",
        "probability",
        "flakes",
        "runs",
        "flake_rate",
        "rate_low",
        "rate_high",
        "score",
        "commits",
        "state",
        "first_seen",
        "last_seen",
        "wasted_minutes",
        "message",
        "failed_url",
        "passed_url",
    ],
    "failures": [
        "repository",
        "signature",
        "template",
        "count",
        "share",
        "jobs",
        "tests",
        "first_seen",
        "last_seen",
        "message",
        "url",
        "category",
    ],
}


@pytest.mark.parametrize("name", CONTRACT)
def test_columns_are_the_contracts(name: str) -> None:
    assert [column.name for column in question(name).columns] == CONTRACT[name]


@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=lambda asked: asked.name)
def test_order_is_total_over_known_columns(asked: Question) -> None:
    names = {column.name for column in asked.columns}
    assert {name.removeprefix("-") for name in asked.order} <= names
    assert asked.single or "repository" in asked.order


@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=lambda asked: asked.name)
def test_conclusions_that_count_are_the_schemas(asked: Question) -> None:
    for found in re.findall(r"conclusion IN \(([^)]*)\)", asked.sql):
        assert tuple(re.findall(r"'(\w+)'", found)) == COUNTED
    for found in re.findall(r"counted = /\^\(([^)]*)\)\$/", asked.flux):
        assert tuple(found.split("|")) == COUNTED


def test_parameters_get_their_defaults() -> None:
    bound = question("failures").bound(SPAN | {"workflow": "CI"})
    assert bound == SPAN | {
        "repository": "", "workflow": "CI", "branch": "", "category": "",
        "server_url": "https://github.com"
    }  # fmt: skip
    assert question("success_over_time").bound(SPAN)["every"] == timedelta(days=1)
    assert question("etl_status").bound(SPAN | {"branch": "x"}) == SPAN | {"repository": ""}


@pytest.mark.parametrize("parameters", [{}, {"start": SPAN["start"]}, SPAN | {"nothing": 1}])
def test_wrong_parameters_are_refused(parameters: dict[str, datetime]) -> None:
    with pytest.raises(ConfigurationError, match="overview"):
        question("overview").bound(parameters)


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no such question"):
        question("../overview")


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (Type.TEXT, "", None),
        (Type.TEXT, "a\r\nb", "a\nb"),
        (Type.COUNT, None, 0),
        (Type.COUNT, 2.0, 2),
        (Type.INTEGER, None, None),
        (Type.INTEGER, "7", 7),
        (Type.NUMBER, None, 0.0),
        (Type.NUMBER, 1, 1.0),
        (Type.MEASURED, None, None),
        (Type.MEASURED, 2 / 3, 0.666667),
        (Type.TIME, None, None),
        (Type.TIME, 1_767_225_599_999_999_999, "2025-12-31T23:59:59Z"),
        (Type.TIME, datetime(2026, 1, 1, 0, 0, 0, 999_999, UTC), "2026-01-01T00:00:00Z"),
        (Type.TIME, datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=1))), "2025-12-31T23:00:00Z"),
    ],
)
def test_values_are_normalised(type_: Type, value: object, expected: object) -> None:
    assert Column("x", type_).normalised(value) == expected
