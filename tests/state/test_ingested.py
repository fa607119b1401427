"""Executions that other CIs told of, in both databases: known once, one after the other, and handed over."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from etl.model.evidence import Execution
from etl.model.ingested import IngestedJob
from etl.model.records import Workflow
from etl.state.repositories import KnownRepository
from etl.state.state import State
from etl.state.tables import metadata
from tests.postgres import Postgres
from tests.waiting import HANGS_S

NOW = 1_770_000_000
NAME = "acme/rocket"
JOB = IngestedJob(
    -1, -10, "512", 1, -100, "nightly", "main", "main", "unit ␛", "push", "c0ffee", "failure", NOW - 60, NOW,
    "https://ci.example.org", b"\0digest\xff",
)  # fmt: skip


@pytest.fixture
def state(state_url: str) -> Iterator[State]:
    state = State(state_url, lambda: NOW)
    yield state
    state.close()


def execution(job: IngestedJob, *, green: bool = False) -> Execution:
    return Execution(
        job.id, job.run_id, job.attempt, job.workflow_id, job.name, job.name, job.event, job.head_sha,
        job.completed_at, green, False, 60.0, "", {"job": job.name},
    )  # fmt: skip


def put(
    state: State, repository: KnownRepository, job: IngestedJob, seen: list[Any] | None = None
) -> int | None:
    def lines_of(known: list[IngestedJob], related: list[Execution]) -> list[bytes]:
        if seen is not None:
            seen.extend([*known, *sorted(one.job_id for one in related)])
        return [b"job run_id=-10i 1"]

    return state.commit_ingested(repository, job, lines_of, executions=[execution(job)], seen=())


def test_an_execution_comes_back_and_counts_once(state: State) -> None:
    repository = state.repositories.for_ingest(NAME, "")
    assert (repository.id < 0, repository.private, repository.default_branch) == (True, True, "main")
    assert put(state, repository, JOB) == 1
    assert put(state, repository, JOB) is None
    assert state.ingested.of_run(repository.id, JOB.run_id) == [JOB]
    assert state.outbox.points() == 1
    # Others of the run, and executions of the same commit.
    seen: list[Any] = []
    put(state, repository, replace(JOB, id=-2, run_id=-11), seen)
    put(state, repository, replace(JOB, id=-3, attempt=2), seen)
    assert seen == [-1, JOB, -2, -1]
    assert state.judgements.get(repository.id).unread == 3


def test_two_processes_take_turns(postgres: Postgres) -> None:
    """Of a fail and a pass that come at the same moment, one sees the other."""
    database = postgres.database()
    one, other = (State(postgres.url(database), lambda: NOW) for _ in range(2))
    repository = one.repositories.for_ingest(NAME, "")
    is_inside, is_other_waiting = threading.Event(), threading.Event()
    seen: list[Any] = []

    def first(_known: list[IngestedJob], _related: list[Execution]) -> list[bytes]:
        is_inside.set()
        assert is_other_waiting.wait(HANGS_S)
        return [b"x"]

    with ThreadPoolExecutor() as pool, postgres.connect(database) as watching:
        begun = pool.submit(
            lambda: one.commit_ingested(repository, JOB, first, executions=[execution(JOB)], seen=())
        )
        assert is_inside.wait(HANGS_S)
        second = pool.submit(put, other, repository, replace(JOB, id=-2, attempt=2), seen)
        while not watching.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchall():
            watching.commit()
        assert seen == []
        is_other_waiting.set()
        assert (begun.result(), second.result()) == (1, 1)
    assert seen == [JOB, -1]
    for state in (one, other):
        state.close()


def test_what_was_ingested_belongs_to_the_repository_that_github_has(state: State) -> None:
    before = state.repositories.for_ingest(NAME, "trunk")
    put(state, before, JOB)
    assert state.repositories.ingested() == [NAME]
    found = KnownRepository(42, NAME.title(), NAME.title(), "main", (Workflow(1, "CI", "ci.yml"),))
    after = state.commit_repository(found, [])
    assert (after.id, state.repositories.ingested(), state.repositories.names()) == (42, [], ["Acme/Rocket"])
    assert state.ingested.of_run(42, JOB.run_id) == [JOB]
    assert [one.job_id for one in state.evidence.related(42, execution(replace(JOB, id=-9)))] == [-1]
    assert state.judgements.get(42).unread == 1
    # Whoever still has the former id begins anew.
    assert put(state, before, replace(JOB, id=-2)) is None
    again = state.repositories.for_ingest(NAME, "trunk")
    assert (again.id, again.default_branch) == (42, "main")
    with state._engine.connect() as connection:
        for table in metadata.sorted_tables:
            if "repository_id" in table.c:
                rows = connection.execute(table.select().where(table.c.repository_id == before.id))
                assert rows.all() == []


def test_only_what_is_forgotten_can_come_again(state: State) -> None:
    repository = state.repositories.begin_session(state.repositories.for_ingest(NAME, ""))
    put(state, repository, JOB)
    state.forget_ingested(repository, NOW + 1, NOW + 100)
    assert put(state, repository, JOB) is None
    state.forget_ingested(repository, NOW, NOW + 1)
    assert put(state, repository, JOB) == 1
