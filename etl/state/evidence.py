"""Executions that may still become flake evidence: kept for 45 days, found by run or commit.

Passing results need no rows: an execution stores the hashes of the tests that passed in it.
"""

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import astuple
from typing import Any

from sqlalchemy import Connection, Engine, Select, bindparam, delete, select, union

from etl.model.evidence import HASH_BYTES, Execution, Failure
from etl.state import tables
from etl.state.database import upsert

_KEPT_S = 45 * 86_400


def _related() -> Select[Any]:
    """Executions of a workflow in a run or on a commit; with OR, SQLite would read the whole repository."""
    columns = tables.executions.c
    of_repository = columns.repository_id == bindparam("repository")
    same_run = select(columns.job_id).where(of_repository, columns.run_id == bindparam("run"))
    same_commit = select(columns.job_id).where(of_repository, columns.head_sha == bindparam("commit"))
    return select(tables.executions).where(
        of_repository,
        columns.workflow_id == bindparam("workflow"),
        columns.job_id.in_(union(same_run, same_commit)),
    )


# Used for every run: built once, since building a statement takes longer than SQLite takes to answer.
_RELATED = _related()


class Evidence:
    """Known executions of a repository's jobs."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def related(self, repository_id: int, execution: Execution) -> list[Execution]:
        """Executions of jobs of the same workflow, in the same run or on the same commit."""
        asked = {
            "repository": repository_id,
            "workflow": execution.workflow_id,
            "run": execution.run_id,
            "commit": execution.head_sha,
        }
        with self._engine.connect() as connection:
            return [_execution(dict(row)) for row in connection.execute(_RELATED, asked).mappings()]

    def last_passing(self, repository_id: int, workflow_id: int, job: str, before: int) -> int | None:
        """Id of the last execution of a job that passed and ended before then (Unix seconds)."""
        columns = tables.executions.c
        query = (
            select(columns.job_id)
            .where(
                columns.repository_id == repository_id,
                columns.workflow_id == workflow_id,
                columns.job == job,
                columns.green,
                columns.ended_at < before,
            )
            .order_by(columns.ended_at.desc(), columns.job_id.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            found: int | None = connection.execute(query).scalar()
        return found

    def add(self, connection: Connection, repository_id: int, executions: Iterable[Execution]) -> None:
        """Store executions within the caller's transaction."""
        common = {"repository_id": repository_id, "added_at": int(self._clock())}
        upsert(connection, tables.executions, *(common | _columns(one) for one in executions))

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Delete executions 45 days after they were read: GitHub lets no run take longer."""
        columns = tables.executions.c
        horizon = int(self._clock()) - _KEPT_S
        connection.execute(
            delete(tables.executions).where(
                columns.repository_id == repository_id, columns.added_at < horizon
            )
        )


def _columns(execution: Execution) -> dict[str, Any]:
    failures = [astuple(one) for one in execution.failures]
    return {
        "job_id": execution.job_id,
        "run_id": execution.run_id,
        "attempt": execution.attempt,
        "workflow_id": execution.workflow_id,
        "job": execution.job,
        "shards": execution.shards,
        "event": execution.event,
        "head_sha": execution.head_sha,
        "ended_at": execution.ended_at,
        "green": execution.green,
        "outage": execution.outage,
        "duration_s": execution.duration_s,
        "message": execution.message,
        "tags": execution.tags,
        "failures": json.dumps(failures) if failures else None,
        "passed": None if execution.passed is None else b"".join(sorted(execution.passed)),
    }


def _execution(values: dict[str, Any]) -> Execution:
    del values["repository_id"], values["added_at"]
    failures = json.loads(values["failures"] or "[]")
    keys = values["passed"]
    passed = None
    if keys is not None:
        passed = frozenset(keys[at : at + HASH_BYTES] for at in range(0, len(keys), HASH_BYTES))
    return Execution(
        **{**values, "failures": tuple(Failure(*failure) for failure in failures), "passed": passed}
    )
