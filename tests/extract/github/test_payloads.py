"""Deliveries that hold a whole run or job, and those that do not."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.demo import views
from etl.demo.history import Repository, Step
from etl.errors import DataError
from etl.extract.github.api import graphql_url
from etl.extract.github.check_suites import check_runs_of
from etl.extract.github.kinds import kind_of
from etl.extract.github.payloads import job_in, payload_of_job, payload_of_run, run_in
from etl.extract.github.records import parse_job, parse_run
from etl.model.rate_limit import Budget
from tests.pipeline.world import CI, NOON, attempt, job, run

BASE = "https://api.github.com"
REPOSITORY = Repository(42, "acme/rocket", [CI])
JOB = job("unit", NOON, 60, steps=(Step("Run", NOON, NOON + 60),))
RUN = run(NOON, attempt(NOON, JOB), fork=True)


def told_run() -> dict[str, Any]:
    return views.run(BASE, REPOSITORY, RUN, 1, NOON + 90)


def told_job() -> dict[str, Any]:
    return views.job(BASE, REPOSITORY, RUN, JOB, number=1, now=NOON + 90)


def test_what_is_kept_is_read_as_githubs_answers_are() -> None:
    of_run, of_job = payload_of_run(told_run()), payload_of_job(told_job())
    assert of_run is not None
    assert of_job is not None
    assert run_in(of_run.content) == parse_run(told_run())
    assert job_in(of_job.content) == parse_job(told_job())
    assert (of_run.run_id, of_run.attempt, of_run.job_id) == (RUN.id, 1, 0)
    assert (of_job.run_id, of_job.attempt, of_job.job_id) == (RUN.id, 1, JOB.id)


def test_the_pull_request_and_whose_branch_it_is_are_kept() -> None:
    named = {"number": 7, "head": {"sha": RUN.head_sha}, "base": {"repo": {"id": REPOSITORY.id}}}
    of_run = payload_of_run(told_run() | {"pull_requests": [named]})
    assert of_run is not None
    told = run_in(of_run.content)
    assert (told.pull_request, told.head_owner) == (7, "somebody")


@pytest.mark.parametrize(
    "without", ["name", "repository", "check_suite_node_id", "run_attempt", "updated_at"]
)
def test_a_run_that_lacks_something_is_not_kept(without: str) -> None:
    assert payload_of_run({key: value for key, value in told_run().items() if key != without}) is None


@pytest.mark.parametrize("without", ["labels", "steps", "created_at", "runner_id", "run_attempt"])
def test_a_job_that_lacks_something_is_not_kept(without: str) -> None:
    assert payload_of_job({key: value for key, value in told_job().items() if key != without}) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "in_progress"},
        {"conclusion": None},
        {"run_attempt": 0},
        {"run_attempt": 10**9},
        {"created_at": "yesterday"},
        {"id": "5"},
        {"actor": {"login": "x" * 1_000_000}},
    ],
)
def test_a_run_that_has_not_ended_or_is_absurd_is_not_kept(changes: dict[str, Any]) -> None:
    assert payload_of_run(told_run() | changes) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "in_progress"},
        {"conclusion": None},
        {"completed_at": None},
        {"run_attempt": 2},
        {"id": 0},
        {"id": 2**63},
        {"steps": [{"number": 1, "name": "Post", "status": "in_progress", "completed_at": None}]},
        {"steps": [None]},
        {"name": "x" * 1_000_000},
    ],
)
def test_a_job_of_which_something_may_change_is_not_kept(changes: dict[str, Any]) -> None:
    assert payload_of_job(told_job() | changes) is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.sampled_from(sorted(told_run())), st.sampled_from(sorted(told_job())), anything)
def test_anything_in_a_delivery_is_kept_or_not(of_run: str, of_job: str, value: Any) -> None:
    for payload, read in (
        (payload_of_run(told_run() | {of_run: value}), run_in),
        (payload_of_job(told_job() | {of_job: value}), job_in),
    ):
        if payload is not None:
            read(payload.content)


@pytest.mark.parametrize("content", [b"", b"{}", b"x\x9c", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_a_broken_payload_is_a_data_error(content: bytes) -> None:
    with pytest.raises(DataError):
        job_in(content)


class Answers:
    """A client whose GraphQL API answers with these nodes."""

    def __init__(self, *nodes: Any) -> None:
        self.nodes = list(nodes)
        self.asked: list[list[str]] = []

    async def graphql(self, _query: str, variables: dict[str, list[str]]) -> Any:
        self.asked.append(variables["ids"])
        return {"nodes": self.nodes}


def suite(name: Any, total: Any, *ids: Any) -> dict[str, Any]:
    return {
        "id": name,
        "checkRuns": {"totalCount": total, "nodes": [{"databaseId": number} for number in ids]},
    }


async def test_a_suite_counts_only_if_all_its_check_runs_are_there() -> None:
    client: Any = Answers(
        suite("all", 2, 5, 6_000_000_000),
        suite("more", 101, *range(1, 101)),
        suite("fewer", 1, 5, 6),
        suite("null", 2, 5, None),
        suite("twice", 2, 5, 5),
        suite("none", 0),
        suite(None, 1, 5),
        None,
        {},
        {"id": "x", "checkRuns": None},
        {"id": "y", "checkRuns": {"totalCount": 1, "nodes": [7]}},
    )
    assert await check_runs_of(client, ["all"]) == {
        "all": frozenset({5, 6_000_000_000}),
        "none": frozenset(),
    }


async def test_fifty_suites_are_asked_for_at_once() -> None:
    client: Any = Answers()
    await check_runs_of(client, [str(number) for number in range(120)])
    assert [len(asked) for asked in client.asked] == [50, 50, 20]


def test_the_graphql_api_is_where_github_has_it() -> None:
    assert graphql_url("https://api.github.com") == "https://api.github.com/graphql"
    assert graphql_url("https://ghe.example.com/api/v3") == "https://ghe.example.com/api/graphql"


def test_the_other_apis_limit_is_not_that_of_rest() -> None:
    budget = Budget()
    limits = {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "7", "x-ratelimit-reset": "90"}
    budget.note(limits | {"x-ratelimit-resource": "graphql"})
    assert budget.remaining is None
    budget.note(limits | {"x-ratelimit-resource": "core"})
    assert budget.remaining == 7
    assert kind_of("/graphql") == "jobs"
