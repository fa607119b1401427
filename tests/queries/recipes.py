"""What SQL answers to the questions of docs/cookbook.md."""

from etl.model.schema import MEASUREMENTS

_COUNTED = "conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')"
_SUCCESS = "count(*) FILTER (conclusion = 'success') AS success, count(*) AS total"
_RATE = f"{_SUCCESS}, success / total AS success_rate"
_DAY = "greatest(time // 86400000000000 * 86400, $start // 1000000000)"


def sql(title: str) -> str:
    """The question as SQL, of `$start` and `$stop` in nanoseconds; times are seconds."""
    within = "time >= $start AND time < $stop"
    return _FIGURES[title].format(within=within, counted=_COUNTED, success=_SUCCESS, rate=_RATE, day=_DAY)


def _points(name: str) -> str:
    counted = f"SELECT '{name}' AS _measurement, count(*) AS _value FROM {name} WHERE {{within}}"  # noqa: S608
    # Flux has no row where there are no points.
    return f"{counted} HAVING count(*) > 0"


def _series(name: str) -> str:
    """A series is a measurement and its tags."""
    tags = ", ".join(MEASUREMENTS[name].tag_names)
    return f"SELECT '{name}' AS measurement, count(DISTINCT ({tags})) AS _value FROM {name} WHERE {{within}}"  # noqa: S608


_FIGURES = {
    "How long do jobs take?": """
        SELECT repository, workflow, job, quantile_cont(duration_s, 0.5) AS _value FROM job
        WHERE conclusion = 'success' AND {within} GROUP BY ALL""",
    "Do workflows get slower?": """
        SELECT repository, workflow, {day} AS _time, quantile_cont(duration_s, 0.5) AS _value FROM workflow_run
        WHERE conclusion = 'success' AND duration_s IS NOT NULL AND {within} GROUP BY ALL""",
    "How do the jobs of a matrix compare?": """
        SELECT repository, workflow, job, quantile_cont(duration_s, 0.5) AS _value FROM job
        WHERE conclusion = 'success' AND job_group = 'unit' AND {within} GROUP BY ALL""",
    # Which of two steps that take equally long is the twentieth is left open.
    "Which steps take the most time?": """
        SELECT repository, workflow, job, sum(duration_s) / 60 AS _value FROM step
        WHERE {within} GROUP BY repository, workflow, job, step ORDER BY _value DESC LIMIT 20""",
    "How long do jobs wait for a runner?": """
        SELECT repository, runner, quantile_cont(queued_s, 0.95) AS _value FROM job
        WHERE {counted} AND {within} GROUP BY ALL""",
    "When is CI busiest?": """
        SELECT time // 3600000000000 % 24 AS hour, count(*) AS _value FROM job WHERE {within} GROUP BY ALL""",
    "How often does each workflow succeed?": """
        SELECT repository, workflow, {rate} FROM workflow_run WHERE {counted} AND {within} GROUP BY ALL""",
    "Which jobs are the least reliable?": """
        SELECT repository, workflow, job, {rate} FROM job WHERE {counted} AND {within} GROUP BY ALL
        ORDER BY success_rate LIMIT 20""",
    "Does the success rate change?": """
        SELECT repository, workflow, {day} AS _time, {success}, success / total AS _value FROM workflow_run
        WHERE {counted} AND {within} GROUP BY ALL""",
    "Do pull requests fail more often than the default branch?": """
        SELECT repository, workflow, branch, {rate} FROM workflow_run
        WHERE {counted} AND {within} GROUP BY ALL""",
    "Are pull requests slower than the default branch?": """
        SELECT
            repository, workflow, quantile_cont(duration_s, 0.5) FILTER (branch = 'main') AS main,
            quantile_cont(duration_s, 0.5) FILTER (branch = '(pull request)') AS "(pull request)"
        FROM workflow_run WHERE conclusion = 'success' AND {within} GROUP BY ALL""",
    "Is the default branch broken?": """
        SELECT repository, workflow, arg_max(conclusion, time) AS conclusion, arg_max(url, time) AS _value
        FROM workflow_run WHERE branch = 'main' AND {counted} AND {within} GROUP BY ALL""",
    "How many attempts does a run take?": """
        SELECT
            repository, workflow, count(*) FILTER (attempt = '1') AS "1",
            nullif(count(*) FILTER (attempt = '2'), 0) AS "2"
        FROM workflow_run WHERE {within} GROUP BY ALL""",
    "Which tests fail most often?": """
        SELECT repository, workflow, suite, test, count(*) AS _value FROM test
        WHERE outcome IN ('failed', 'error') AND {within} GROUP BY ALL""",
    "Which tests are flaky?": """
        SELECT repository, workflow, job, suite, test, count(DISTINCT time) AS _value FROM flake
        WHERE level = 'test' AND {within} GROUP BY ALL""",
    "How often does a flaky test fail?": """
        SELECT repository, workflow, job, suite, name, probability, size, low, high FROM finding
        WHERE kind = 'flaky' AND level = 'test' AND {within}""",
    "What confirms that a test is flaky?": """
        SELECT
            repository, job, test, evidence, time // 1000000000 AS _time,
            format('https://github.com/{{}}/actions/runs/{{}}', repository, failed_run_id) AS failed,
            format('https://github.com/{{}}/actions/runs/{{}}', repository, passed_run_id) AS passed
        FROM flake WHERE level = 'test' AND contains(test, 'flaky') AND {within}""",
    "Which tests did not pass once on a day?": """
        SELECT repository, workflow, job, suite, test, 0 AS passed, count(*) AS failed FROM test
        WHERE outcome <> 'skipped' AND suite <> '␛(empty)' AND {within}
        GROUP BY repository, workflow, job, suite, test, time // 86400000000000 HAVING count(*) FILTER (outcome = 'passed') = 0""",
    "Which tests got slower?": """
        SELECT
            repository, suite, test, avg(duration_s) FILTER (time >= $stop - 14 * 86400000000000) AS _value_after,
            avg(duration_s) FILTER (time < $stop - 14 * 86400000000000) AS _value_before,
            _value_after - _value_before AS more_s
        FROM test WHERE job_group = 'unit' AND outcome = 'passed' AND {within} GROUP BY ALL
        ORDER BY more_s DESC LIMIT 20""",
    "How do test results develop?": """
        SELECT repository, _field, {day} AS _time, sum(results)::BIGINT AS _value
        FROM (UNPIVOT test_report ON passed, failed, errored, flaky INTO NAME _field VALUE results)
        WHERE {within} GROUP BY ALL""",
    # Which of those that came once are among the twenty is left open.
    "What are the most common failures?": """
        SELECT count(*) AS count FROM failure WHERE {within} GROUP BY repository, signature
        ORDER BY count DESC LIMIT 20""",
    "Where does a failure come from?": """
        SELECT repository, signature, workflow, job, branch, count(*) AS _value FROM failure
        WHERE {within} GROUP BY ALL""",
    "Which failures are new?": """
        SELECT
            repository, signature, min(time) // 1000000000 AS _time, arg_min(workflow, time) AS workflow,
            arg_min(job, time) AS job, arg_min(branch, time) AS branch, arg_min(message, time) AS _value
        FROM failure WHERE {within} GROUP BY ALL HAVING min(time) > $stop - 14 * 86400000000000""",
    "Where do the minutes go?": """
        SELECT repository, workflow, runner, sum(duration_s) / 60 AS _value FROM job WHERE {within} GROUP BY ALL""",
    "What do re-runs cost?": """
        SELECT repository, workflow, job, sum(duration_s) / 60 AS _value FROM job
        WHERE attempt <> '1' AND {within} GROUP BY ALL""",
    "What do flaky jobs waste?": """
        SELECT repository, workflow, job, sum(wasted_s) / 60 AS _value FROM (
            SELECT DISTINCT ON (repository, workflow, job, time) * FROM flake
            WHERE wasted_s IS NOT NULL AND {within}
        ) GROUP BY ALL""",
    "How much is cancelled?": """
        SELECT repository, workflow, sum(duration_s) / 60 AS _value FROM job
        WHERE conclusion = 'cancelled' AND {within} GROUP BY ALL""",
    "Is the ETL well?": """
        SELECT repository, requests, rate_limit_remaining, points, rejected, outbox FROM etl WHERE {within}""",
    "How many points are there?": " UNION ALL ".join(_points(name) for name in MEASUREMENTS),
    "How many series are there?": " UNION ALL ".join(_series(name) for name in ("job", "step", "test")),
}
