-- The tests that failed, how often, and what state they are in.
WITH results AS NOT MATERIALIZED (
  SELECT
    *,
    outcome IN ('failed', 'error') AND time >= $start AS failed,
    time >= $stop - 7 * 86400000000000 AS recent
  FROM test
  WHERE time < $stop AND outcome <> 'skipped'
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
),
-- Tests of jobs without reports are known from annotations: they ran whenever their job did.
told AS (
  SELECT DISTINCT repository, workflow, job, suite, test
  FROM results
  WHERE failed AND NOT EXISTS (
    FROM test_report
    WHERE test_report.repository = results.repository AND test_report.workflow = results.workflow
      AND test_report.job = results.job AND time < $stop AND time >= least($start, $stop - 7 * 86400000000000)
      AND ($branch = '' OR branch = $branch)
  ) AND EXISTS (
    FROM job
    WHERE job.repository = results.repository AND job.workflow = results.workflow AND job.job = results.job
      AND time >= $start AND time < $stop AND ($branch = '' OR branch = $branch)
      AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  )
),
executions AS (
  SELECT
    repository, workflow, job, suite, test,
    count(*) FILTER (time >= $start) AS runs,
    max(time) FILTER (time >= $start AND conclusion = 'success') AS succeeded,
    count(*) FILTER (recent) > 0 AND count(*) FILTER (recent AND conclusion = 'success') = 0 AS broken
  FROM (SELECT *, time >= $stop - 7 * 86400000000000 AS recent FROM job) JOIN told USING (repository, workflow, job)
  WHERE time < $stop AND (time >= $start OR recent)
    AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
    AND ($branch = '' OR branch = $branch)
  GROUP BY ALL
),
by_results AS (
  SELECT
    repository, workflow, job, suite, test,
    count(*) FILTER (time >= $start) AS runs,
    count(*) FILTER (failed) AS failures,
    -- A sum of floats depends on their order from the 15th digit on: the mean must not.
    round(sum(duration_s) FILTER (time >= $start), 6) / count(duration_s) FILTER (time >= $start) AS mean_s,
    max(time) FILTER (failed) AS last_failure,
    max(time) FILTER (time >= $start AND outcome = 'passed') AS passed,
    count(*) FILTER (recent) > 0 AND count(*) FILTER (recent AND outcome = 'passed') = 0 AS broken
  FROM results
  WHERE time >= $start OR recent
  GROUP BY ALL
  HAVING failures > 0
),
earlier AS (
  SELECT repository, workflow, job, suite, test, count(*) AS failures_before
  FROM results
  WHERE outcome IN ('failed', 'error') AND time < $start AND time >= 2 * $start - $stop
  GROUP BY ALL
),
flaky AS (
  SELECT DISTINCT repository, workflow, job, suite, test, true AS flaky
  FROM flake
  WHERE level = 'test' AND time < $stop AND time >= $stop - 14 * 86400000000000
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
)
SELECT
  by_results.* REPLACE (coalesce(executions.runs, by_results.runs) AS runs),
  CASE WHEN coalesce(executions.runs, by_results.runs) >= failures
    THEN failures / coalesce(executions.runs, by_results.runs) END AS failure_rate,
  CASE
    WHEN coalesce(executions.broken, by_results.broken) THEN 'broken'
    WHEN flaky THEN 'flaky'
    -- Whole seconds, as times are told.
    WHEN CASE WHEN executions.runs IS NULL THEN passed ELSE succeeded END // 1000000000 > last_failure // 1000000000
      THEN 'passing'
    WHEN last_failure // 1000000000 >= $stop // 1000000000 - 7 * 86400 THEN 'failing'
    ELSE 'quiet'
  END AS state,
  failures_before
FROM by_results
LEFT JOIN executions USING (repository, workflow, job, suite, test)
LEFT JOIN earlier USING (repository, workflow, job, suite, test)
LEFT JOIN flaky USING (repository, workflow, job, suite, test)
