-- The tests that failed, how often, and what state they are in.
WITH results AS (
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
by_results AS (
  SELECT
    repository, workflow, job, suite, test,
    count(*) FILTER (time >= $start) AS runs,
    count(*) FILTER (failed) AS failures,
    failures / nullif(runs, 0) AS failure_rate,
    -- A sum of floats depends on their order from the 15th digit on: the mean must not.
    round(sum(duration_s) FILTER (time >= $start), 6) / count(duration_s) FILTER (time >= $start) AS mean_s,
    max(time) FILTER (failed) AS last_failure,
    count(*) FILTER (recent) > 0 AND count(*) FILTER (recent AND outcome = 'passed') = 0 AS broken
  FROM results
  WHERE time >= $start OR recent
  GROUP BY ALL
  HAVING failures > 0
),
flaky AS (
  SELECT DISTINCT repository, workflow, job, suite, test, true AS flaky
  FROM flake
  WHERE level = 'test' AND time < $stop AND time >= $stop - 14 * 86400000000000
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
)
SELECT *, CASE WHEN broken THEN 'broken' WHEN flaky THEN 'flaky' ELSE 'failing' END AS state
FROM by_results
LEFT JOIN flaky USING (repository, workflow, job, suite, test)
