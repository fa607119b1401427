-- Tests and jobs with evidence of flaking, the surest first; a failing result counts once.
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
-- Tests of jobs without reports are known from annotations: they ran whenever their job did.
told AS (
  SELECT DISTINCT repository, workflow, job, suite, test
  FROM evidence
  WHERE level = 'test' AND NOT EXISTS (
    FROM test_report
    WHERE test_report.repository = evidence.repository AND test_report.workflow = evidence.workflow
      AND test_report.job = evidence.job AND time < $stop AND time >= least($start, $stop - 7 * 86400000000000)
      AND ($branch = '' OR branch = $branch)
  ) AND EXISTS (
    FROM job
    WHERE job.repository = evidence.repository AND job.workflow = evidence.workflow AND job.job = evidence.job
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
)
SELECT
  *,
  -- Runs of other CIs have negative ids, and no page of GitHub.
  CASE WHEN failed NOT LIKE '-%' THEN $server_url || '/' || repository || '/actions/runs/' || failed END AS failed_url,
  CASE WHEN passed NOT LIKE '-%' THEN $server_url || '/' || repository || '/actions/runs/' || passed END AS passed_url,
  CASE WHEN runs >= flakes THEN flakes / runs END AS flake_rate,
  -- The lower bound of the Wilson score at 95 %: what the rate is at least, as sure as the runs can be.
  CASE WHEN runs >= flakes THEN
    (flake_rate + z * z / (2 * runs) - z * sqrt(flake_rate * (1 - flake_rate) / runs + z * z / (4 * runs * runs)))
    / (1 + z * z / runs)
  END AS score,
  CASE
    WHEN recent > 0 AND recent_green = 0 THEN 'broken'
    WHEN last_seen < $stop - 14 * 86400000000000 THEN 'quiet'
    ELSE 'flaky'
  END AS state
FROM by_flakes
LEFT JOIN by_waste USING (repository, level, workflow, job, suite, test)
LEFT JOIN by_message USING (repository, level, workflow, job, suite, test)
LEFT JOIN by_results USING (repository, level, workflow, job, suite, test),
(SELECT 1.959963984540054::DOUBLE AS z)
