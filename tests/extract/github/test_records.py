from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.errors import DataError
from etl.extract.github.records import (
    parse_annotation,
    parse_app_check,
    parse_artifact,
    parse_check_run,
    parse_commit_status,
    parse_deployment_status,
    parse_installation,
    parse_job,
    parse_repository,
    parse_run,
    parse_step,
    parse_workflow,
)
from etl.model.values import seconds

Parse = Callable[[Any], Any]

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
# Times that are none, or that overflow, beside everything else.
GARBAGE = JSON | st.sampled_from(
    [10**400, -1, 0, 1e308, "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "2026-02-30T00:00:00Z"]
)

STEP = {
    "number": 1,
    "name": "Run",
    "conclusion": "success",
    "started_at": "2026-01-05T12:00:00Z",
    "completed_at": None,
}
VALID: dict[Parse, dict[str, Any]] = {
    parse_repository: {"id": 1, "full_name": "acme/rocket", "default_branch": "main", "private": False},
    parse_workflow: {"id": 1, "name": "CI", "path": ".github/workflows/ci.yml"},
    parse_run: {
        "id": 1,
        "run_number": 3,
        "run_attempt": 2,
        "workflow_id": 7,
        "name": "CI",
        "path": ".github/workflows/ci.yml",
        "check_suite_id": 9,
        "event": "push",
        "status": "completed",
        "conclusion": "success",
        "head_sha": "abc",
        "head_branch": "main",
        "repository": {"id": 1},
        "head_repository": {"id": 1},
        "actor": {"login": "ada"},
        "created_at": "2026-01-05T12:00:00Z",
        "run_started_at": "2026-01-05T12:00:01Z",
        "updated_at": "2026-01-05T12:05:00Z",
        "html_url": "https://github.com/acme/rocket/actions/runs/1",
        "previous_attempt_url": "https://api.github.com/repos/acme/rocket/actions/runs/1/attempts/1",
    },
    parse_step: STEP,
    parse_job: {
        "id": 1,
        "run_id": 1,
        "run_attempt": 1,
        "name": "build",
        "status": "completed",
        "conclusion": "success",
        "created_at": "2026-01-05T12:00:00Z",
        "started_at": "2026-01-05T12:00:10Z",
        "completed_at": "2026-01-05T12:01:00Z",
        "labels": ["ubuntu-latest"],
        "steps": [STEP],
        "html_url": "",
    },
    parse_annotation: {
        "annotation_level": "failure",
        "message": "broke",
        "title": "",
        "path": "a.py",
        "start_line": 3,
    },
    parse_check_run: {"id": 1, "output": {"annotations_count": 3}},
    parse_installation: {"id": 1, "account": {"login": "acme"}, "suspended_at": None},
    parse_artifact: {
        "id": 1,
        "name": "junit",
        "size_in_bytes": 3,
        "expired": False,
        "created_at": "2026-01-05T12:00:00Z",
        "workflow_run": {"id": 2},
    },
    parse_app_check: {
        "id": 1,
        "app": {"name": "Codecov", "slug": "codecov"},
        "check_suite": {"id": 2},
        "name": "patch",
        "status": "completed",
        "conclusion": "success",
        "started_at": "2026-01-05T12:00:00Z",
        "completed_at": "2026-01-05T12:00:00Z",
        "html_url": "",
    },
    parse_commit_status: {
        "id": 1,
        "context": "ci/jenkins",
        "state": "success",
        "created_at": "2026-01-05T12:00:00Z",
        "target_url": None,
    },
    parse_deployment_status: {
        "id": 1,
        "state": "waiting",
        "created_at": "2026-01-05T12:00:00Z",
        "log_url": "https://github.com/acme/rocket/actions/runs/1/job/2",
        "target_url": "",
    },
}
RECORDS = pytest.mark.parametrize("parse", VALID, ids=lambda parse: parse.__name__)


def parsed(parse: Parse, raw: Any) -> Any:
    """The record, None where the document was refused as it should be."""
    try:
        return parse(raw)
    except DataError:
        return None


@RECORDS
def test_a_valid_document_is_parsed(parse: Parse) -> None:
    assert parse(VALID[parse]) is not None


@RECORDS
@given(raw=JSON)
def test_arbitrary_json_raises_nothing_but_data_errors(parse: Parse, raw: Any) -> None:
    parsed(parse, raw)


@RECORDS
@given(data=st.data())
def test_one_field_of_garbage_raises_nothing_but_data_errors(parse: Parse, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(VALID[parse])))
    parsed(parse, VALID[parse] | {key: data.draw(GARBAGE)})


@RECORDS
def test_a_missing_field_raises_nothing_but_data_errors(parse: Parse) -> None:
    for key in VALID[parse]:
        parsed(parse, {name: value for name, value in VALID[parse].items() if name != key})


@pytest.mark.parametrize("key", ["id", "workflow_id", "status", "created_at"])
@pytest.mark.parametrize("value", [None, True, 1.5, [], {}])
def test_a_run_cannot_do_without(key: str, value: Any) -> None:
    with pytest.raises(DataError, match=key):
        parse_run(VALID[parse_run] | {key: value})


def test_no_attempt_has_a_negative_number() -> None:
    with pytest.raises(DataError, match="run_attempt"):
        parse_run(VALID[parse_run] | {"run_attempt": -1})


def test_a_server_that_numbers_no_attempts_has_one() -> None:
    """Gitea before 1.26 says `run_attempt` 0."""
    made = parse_run(VALID[parse_run] | {"run_attempt": 0})
    assert (made.attempt, made.numbered) == (1, False)


@pytest.mark.parametrize(
    ("head", "fork"), [({"id": 1}, False), ({"id": 2}, True), (None, True), ("gone", True)]
)
def test_a_fork_has_another_head_repository_or_none_any_more(head: Any, fork: bool) -> None:
    assert parse_run(VALID[parse_run] | {"head_repository": head}).fork is fork


@pytest.mark.parametrize(
    ("named", "number"),
    [
        ([], 0),
        (None, 0),
        ([{"number": 7, "head": {"sha": "abc"}, "base": {"repo": {"id": 1}}}], 7),
        ([{"number": 6, "head": {"sha": "old"}}, {"number": 7, "head": {"sha": "abc"}}], 7),
        # Somebody has pushed since.
        ([{"number": 7, "head": {"sha": "def"}, "base": {"repo": {"id": 1}}}], 0),
        # The branch is offered to the repository that this one is a fork of.
        ([{"number": 7, "head": {"sha": "abc"}, "base": {"repo": {"id": 5}}}], 0),
        (["?", {"number": "7", "head": {"sha": "abc"}}], 0),
        ([{"number": 7, "head": None, "base": 1}], 0),
    ],
)
def test_a_run_is_of_the_pull_request_whose_newest_commit_it_tests(named: Any, number: int) -> None:
    assert parse_run(VALID[parse_run] | {"pull_requests": named}).pull_request == number


@pytest.mark.parametrize(
    ("head", "owner"), [(None, ""), ({"id": 1, "owner": {"login": "ada"}}, "ada"), ({"owner": 1}, "")]
)
def test_a_run_knows_whose_branch_it_tests(head: Any, owner: str) -> None:
    assert parse_run(VALID[parse_run] | {"head_repository": head}).head_owner == owner


def test_a_run_without_a_commit_is_of_no_pull_request() -> None:
    raw = VALID[parse_run] | {"head_sha": None, "pull_requests": [{"number": 7, "head": {}}]}
    assert parse_run(raw).pull_request == 0


def test_older_attempts_exist_where_github_names_one() -> None:
    assert parse_run(VALID[parse_run]).has_previous_attempt
    assert not parse_run(VALID[parse_run] | {"previous_attempt_url": None}).has_previous_attempt
    assert not parse_run(VALID[parse_run] | {"run_attempt": 1}).has_previous_attempt


def test_a_broken_step_affects_nothing_else() -> None:
    job = parse_job(VALID[parse_job] | {"steps": [STEP, 5, None, {"number": "1"}, STEP]})
    assert (len(job.steps), job.broken_steps) == (2, 3)


@pytest.mark.parametrize("labels", [5, "ubuntu", {"a": 1}, None, True, [None, 5]])
def test_labels_that_are_none_are_no_labels(labels: Any) -> None:
    assert parse_job(VALID[parse_job] | {"labels": labels}).labels == ()


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("2026-01-05T12:00:00Z", 1_767_614_400),
        ("2026-01-05T13:00:00+01:00", 1_767_614_400),
        ("2026-01-05T12:00:00.999Z", 1_767_614_400),
        ("0001-01-01T00:00:00Z", None),
        ("2200-01-01T00:00:00Z", None),
        ("yesterday", None),
        ("", None),
        (1_767_614_400, None),
        (None, None),
    ],
)
def test_times_are_whole_seconds_or_none(text: Any, second: int | None) -> None:
    assert seconds(text) == second


@given(GARBAGE)
def test_no_time_raises_anything(value: Any) -> None:
    assert seconds(value) is None or isinstance(value, str)


@pytest.mark.parametrize("attempt", [-1, 1_001, 2**62])
def test_an_absurd_number_of_attempts_is_refused(attempt: int) -> None:
    """Each earlier attempt is a request."""
    with pytest.raises(DataError, match="run_attempt"):
        parse_run(VALID[parse_run] | {"run_attempt": attempt})
