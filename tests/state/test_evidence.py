from typing import Any

import pytest
from sqlalchemy import event

from etl.model.evidence import Failure, key_of
from etl.state.database import open_database
from etl.state.evidence import Evidence
from tests.transform.test_flakes import execution, red

NOW = 1_770_000_000
DAY = 86_400


@pytest.fixture
def evidence(state_url):
    clock = [NOW]
    engine = open_database(state_url)

    def add(*executions, repository=1):
        with engine.begin() as connection:
            kept.add(connection, repository, executions)

    kept: Any = Evidence(engine, lambda: clock[0])

    def forget():
        with engine.begin() as connection:
            kept.prune(connection, 1)

    kept.put, kept.forget, kept.now = add, forget, clock
    yield kept
    engine.dispose()


def test_an_execution_comes_back_as_it_was_kept(evidence):
    failures = (Failure("␛(empty)", "é\n", 1, "boom", annotated=True, ran=2), Failure("s", "t", 0, ""))
    kept = red(
        1, failures=failures, passed=frozenset({key_of("a", "b", 0), key_of("c", "d", 0)}), duration_s=None
    )
    without_report = execution(2, passed=None)
    evidence.put(kept, without_report)
    found = {one.job_id: one for one in evidence.related(1, execution(3))}
    assert found == {1: kept, 2: without_report}


def test_related_are_those_of_the_same_workflow_in_the_same_run_or_on_the_same_commit(evidence):
    evidence.put(
        execution(1),
        execution(2, run_id=2),
        execution(3, run_id=2, head_sha="other"),
        execution(4, shards="lint"),
        execution(5, workflow_id=6),
    )
    evidence.put(execution(6), repository=2)
    assert sorted(one.job_id for one in evidence.related(1, execution(9))) == [1, 2, 4]


def test_kept_twice_is_kept_once(evidence):
    evidence.put(execution(1), execution(1))
    assert len(evidence.related(1, execution(9))) == 1


def test_what_was_read_45_days_ago_is_forgotten_however_old_it_is(evidence):
    evidence.put(execution(1, ended_at=NOW - 60 * DAY))
    evidence.now[0] += 45 * DAY
    evidence.forget()
    assert len(evidence.related(1, execution(9))) == 1
    evidence.now[0] += 1
    evidence.forget()
    assert evidence.related(1, execution(9)) == []


def test_what_is_related_is_found_by_its_index(tmp_path):
    """Without reading every execution of the repository, of which there may be a hundred thousand."""
    engine = open_database(f"sqlite:///{tmp_path / 'state.sqlite'}")
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2:4]))
    Evidence(engine).related(1, execution(1))
    ((statement, values),) = asked
    with engine.connect() as connection:
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)]
    engine.dispose()
    reads = [step for step in plan if "executions" in step and step.startswith(("SEARCH", "SCAN"))]
    assert len(reads) == 3
    assert [step for step in reads if " AND " not in step] == []
