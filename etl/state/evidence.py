"""Executions that may still be evidence: kept for 45 days, found by what they have in common.

Passing results cost no row: an execution carries the hashes of the tests that passed in it.
"""

import json
import time
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, union

from etl.state import tables
from etl.state.database import upsert
from etl.transform.executions import HASH_BYTES, Execution, Failure

_KEPT_S = 45 * 86_400


class Evidence:
    """Known executions of a repository's jobs."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine = engine
        self._clock = clock

    def related(self, repository_id: int, execution: Execution) -> list[Execution]:
        """Executions of jobs of the same workflow, in the same run or on the same commit."""
        columns = tables.executions.c
        # An OR of the two would make SQLite read all executions of the repository.
        same_run = select(columns.job_id).where(
            columns.repository_id == repository_id, columns.run_id == execution.run_id
        )
        same_commit = select(columns.job_id).where(
            columns.repository_id == repository_id, columns.head_sha == execution.head_sha
        )
        query = select(tables.executions).where(
            columns.repository_id == repository_id,
            columns.workflow_id == execution.workflow_id,
            columns.job_id.in_(union(same_run, same_commit)),
        )
        with self._engine.connect() as connection:
            return [_execution(dict(row)) for row in connection.execute(query).mappings()]

    def add(self, connection: Connection, repository_id: int, execution: Execution) -> None:
        """Keep an execution, within the caller's transaction."""
        row = {"repository_id": repository_id, **_columns(execution), "added_at": int(self._clock())}
        upsert(connection, tables.executions, row)

    def prune(self, connection: Connection, repository_id: int) -> None:
        """Forget executions 45 days after they were read: GitHub lets no run take longer."""
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
