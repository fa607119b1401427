-- Tests and jobs with evidence of flaking or suspected by their history, the surest first; a failing result counts once.
WITH evidence AS (
  SELECT
    repository, level, workflow, job, evidence, coalesce(suite, '') AS suite, coalesce(test, '') AS test,
    time, head_sha, failed_run_id, failed_job_id, passed_run_id, passed_job_id, wasted_s, nullif(message, '') AS message
  FROM flake
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
),
by_flakes AS (
  SELECT
    repository, level, workflow, job, suite, test,
    count(DISTINCT time) AS flakes,
    count(DISTINCT head_sha) AS commits,
    min(time) AS first_seen,
    max(time) AS last_seen,
    -- Evidence of several kinds for one failing result stands at one time.
    arg_max(failed_run_id || '/job/' || failed_job_id, time || evidence) AS failed,
    arg_max(passed_run_id || '/job/' || passed_job_id, time || evidence) AS passed
  FROM evidence
  GROUP BY ALL
),
by_waste AS (
  SELECT repository, level, workflow, job, suite, test, sum(wasted_s) / 60 AS wasted_minutes
  FROM (SELECT repository, level, workflow, job, suite, test, time, max(wasted_s) AS wasted_s FROM evidence GROUP BY ALL)
  GROUP BY ALL
),
by_message AS (
  SELECT DISTINCT ON (repository, level, workflow, job, suite, test)
    repository, level, workflow, job, suite, test, message
  FROM evidence
  WHERE message IS NOT NULL
  GROUP BY ALL
  ORDER BY count(DISTINCT time) DESC, message
),
-- The newest finding of each: it lasts, or ended in the period. It rests on all results, of all branches.
found AS (
  SELECT DISTINCT ON (repository, level, workflow, job, suite, test)
    repository, level, workflow, job, coalesce(suite, '') AS suite, coalesce(name, '') AS test,
    since * 1000000000 AS since, until, proven, evidence AS likely, probability, size, low, high
  FROM finding
  WHERE kind = 'flaky' AND level IN ('test', 'job') AND time < $stop AND finding.since < $stop // 1000000000
    AND (until = 0 OR until >= $start // 1000000000)
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
  ORDER BY time DESC
),
subjects AS (
  SELECT repository, level, workflow, job, suite, test FROM by_flakes
  UNION
  SELECT repository, level, workflow, job, suite, test FROM found WHERE proven = 0
),
-- Tests of jobs without reports are known from annotations: they ran whenever their job did.
told AS (
  SELECT repository, workflow, job, suite, test
  FROM subjects
  WHERE level = 'test' AND NOT EXISTS (
    FROM test_report
    WHERE test_report.repository = subjects.repository AND test_report.workflow = subjects.workflow
      AND test_report.job = subjects.job AND time < $stop AND time >= least($start, $stop - 7 * 86400000000000)
      AND ($branch = '' OR branch = $branch)
  ) AND EXISTS (
    FROM job
    WHERE job.repository = subjects.repository AND job.workflow = subjects.workflow AND job.job = subjects.job
      AND time >= $start AND time < $stop AND ($branch = '' OR branch = $branch)
      AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  )
),
results AS (
  SELECT repository, 'test' AS level, workflow, job, suite, test, branch, time, outcome = 'passed' AS green
  FROM test ANTI JOIN told USING (repository, workflow, job, suite, test)
  WHERE outcome <> 'skipped'
  UNION ALL
  SELECT repository, 'test', workflow, job, suite, test, branch, time, conclusion = 'success'
  FROM job JOIN told USING (repository, workflow, job)
  WHERE conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  UNION ALL
  SELECT repository, 'job', workflow, job, '', '', branch, time, conclusion = 'success'
  FROM job
  WHERE conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
),
by_results AS (
  SELECT
    repository, level, workflow, job, suite, test,
    count(*) FILTER (time >= $start) AS runs,
    count(*) FILTER (recent) AS recent,
    count(*) FILTER (recent AND green) AS recent_green
  FROM (SELECT *, time >= $stop - 7 * 86400000000000 AS recent FROM results)
  WHERE time < $stop AND (time >= $start OR recent)
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
  GROUP BY ALL
),
by_failures AS (
  SELECT
    repository, level, workflow, job, suite, test,
    count(*) AS failures, max(time) AS last_failure, arg_max(message, time) AS last_message
  FROM (
    SELECT repository, 'test' AS level, workflow, job, suite, test, branch, time, message
    FROM test
    WHERE outcome IN ('failed', 'error')
    UNION ALL
    SELECT repository, 'job', workflow, job, '', '', branch, time, NULL
    FROM job
    WHERE conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AND conclusion <> 'success'
  )
  WHERE time >= $start AND time < $stop AND ($branch = '' OR branch = $branch)
  GROUP BY ALL
),
rated AS (
  SELECT
    * EXCLUDE (flakes, runs, first_seen, last_seen, message, commits),
    CASE WHEN flakes > 0 THEN 'proven' ELSE 'suspected' END AS evidence,
    CASE WHEN by_flakes.flakes > 0 THEN by_flakes.flakes ELSE least(likely, coalesce(failures, 0)) END AS flakes,
    coalesce(runs, 0) AS runs,
    coalesce(commits, 0) AS commits,
    coalesce(first_seen, since) AS first_seen,
    coalesce(last_seen, last_failure, since) AS last_seen,
    CASE WHEN by_flakes.flakes > 0 THEN message ELSE last_message END AS message
  FROM subjects
  LEFT JOIN by_flakes USING (repository, level, workflow, job, suite, test)
  LEFT JOIN found USING (repository, level, workflow, job, suite, test)
  LEFT JOIN by_waste USING (repository, level, workflow, job, suite, test)
  LEFT JOIN by_message USING (repository, level, workflow, job, suite, test)
  LEFT JOIN by_results USING (repository, level, workflow, job, suite, test)
  LEFT JOIN by_failures USING (repository, level, workflow, job, suite, test)
)
SELECT
  * EXCLUDE (probability),
  -- Runs of other CIs have negative ids, and no page of GitHub.
  CASE WHEN failed NOT LIKE '-%' THEN $server_url || '/' || repository || '/actions/runs/' || failed END AS failed_url,
  CASE WHEN passed NOT LIKE '-%' THEN $server_url || '/' || repository || '/actions/runs/' || passed END AS passed_url,
  CASE WHEN evidence = 'proven' THEN 1 ELSE probability END AS probability,
  CASE WHEN size IS NOT NULL THEN size WHEN runs >= flakes THEN flakes / runs END AS flake_rate,
  -- The bounds of the Wilson score at 95 %: where the rate is, as sure as the runs can be.
  (flake_rate + z * z / (2 * runs)) / (1 + z * z / runs) AS middle,
  z * sqrt(flake_rate * (1 - flake_rate) / runs + z * z / (4 * runs * runs)) / (1 + z * z / runs) AS half,
  CASE WHEN runs > 0 THEN middle - half END AS score,
  CASE WHEN size IS NOT NULL THEN low ELSE score END AS rate_low,
  CASE WHEN size IS NOT NULL THEN high WHEN runs > 0 THEN middle + half END AS rate_high,
  CASE
    WHEN recent > 0 AND recent_green = 0 THEN 'broken'
    WHEN until = 0 OR (evidence = 'proven' AND last_seen >= $stop - 14 * 86400000000000) THEN 'flaky'
    ELSE 'quiet'
  END AS state
FROM rated, (SELECT 1.959963984540054::DOUBLE AS z)
