"""The most memory that a question to the embedded store takes with 20 million test results, against a bound.

A tenth of the results fails in the tests that ever fail, four in ten; what varies is a hash of run and test.
"""

import tempfile
import time
from pathlib import Path
from typing import Final

import duckdb

from benchmarks.measure import Outcome, Size
from benchmarks.process import ci_health
from etl.load.duckdb_tables import prepare

_REPOSITORIES: Final = 20
_TESTS: Final = 1_000
_DAYS: Final = 30
_MAX_MIB: Final = {"show tests": 400.0, "show slow": 400.0, "show flaky": 400.0, "report": 600.0}

_RUNS = """
CREATE TEMP TABLE runs AS
SELECT
  i AS run_id, concat('acme/r', i % $repositories) AS repository, 'CI' AS workflow, '1' AS attempt,
  concat('test (', i % 3, ')') AS job, 'test' AS job_group, md5(i::VARCHAR) AS head_sha,
  CASE i % 4 WHEN 0 THEN 'main' ELSE '(pull request)' END AS branch, 'push' AS event,
  ($began + i * $seconds // $runs)::BIGINT * 1_000_000_000 AS time,
  CASE i % 9 WHEN 0 THEN 'failure' ELSE 'success' END AS conclusion,
FROM range($runs) AS numbers(i)
"""
_POINTS = (
    "INSERT INTO workflow_run BY NAME SELECT * EXCLUDE (job, job_group), 600.0 AS duration_s, FROM runs",
    "INSERT INTO job BY NAME SELECT *, run_id AS job_id, 300.0 + hash(run_id) % 100 AS duration_s, FROM runs",
    """
    INSERT INTO test BY NAME
    SELECT
      runs.* EXCLUDE (run_id, attempt, head_sha, event, conclusion), run_id AS job_id,
      concat('suite ', n % 20) AS suite, concat('tests.module.test_case_', n) AS test,
      CASE WHEN n < 400 AND hash(run_id, n) % 2000 = 0 THEN 'failed' ELSE 'passed' END AS outcome,
      hash(n) % 1000 / 100 AS duration_s, CASE outcome WHEN 'failed' THEN 'expected true' END AS message,
    FROM runs, range($tests) AS tests(n)
    """,
    """
    INSERT INTO test_report BY NAME
    SELECT * EXCLUDE (event, conclusion, attempt), run_id AS job_id, 1 AS attempt, $tests AS total, FROM runs
    """,
)


def run(size: Size) -> list[Outcome]:
    """MiB of each command."""
    runs = size.of(20_000, 20)
    with tempfile.TemporaryDirectory() as folder:
        _fill(Path(folder, "ci-health.duckdb"), runs)
        return [_held(command, folder, runs * _TESTS) for command in _MAX_MIB]


def _held(command: str, folder: str, results: int) -> Outcome:
    names = ",".join(f"acme/r{number}" for number in range(_REPOSITORIES))
    cost = ci_health(
        *command.split(),
        *(("--out", f"{folder}/report.html") if command == "report" else ()),
        CI_HEALTH_REPOSITORIES=names,
        CI_HEALTH_DATA_DIR=folder,
    )
    bound = _MAX_MIB[command]
    what = f"memory of `{command}` with {results} test results in the embedded store"
    notes = (f"{cost.processor_s:.1f} s of processor",)
    return Outcome(
        f"embedded {command}", what, f"{bound:.0f} MiB", (cost.peak_mib,), (bound,), "MiB", 1.0, notes=notes
    )


def _fill(file: Path, runs: int) -> None:
    given = {
        "runs": runs,
        "repositories": _REPOSITORIES,
        "seconds": _DAYS * 86_400,
        "began": int(time.time()) - _DAYS * 86_400,
    }
    with duckdb.connect(file) as connection:
        connection.execute("SET enable_progress_bar = false")
        prepare(connection)
        connection.execute(_RUNS, given)
        for statement in _POINTS:
            connection.execute(statement, {"tests": _TESTS} if "$tests" in statement else None)
