-- The newest results of a test, each with the commit that was tested.
WITH newest AS (
  FROM test
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
    AND ($test = '' OR test = $test)
  ORDER BY time DESC, repository DESC, workflow DESC, job DESC, suite DESC, test DESC
  LIMIT $most_rows
),
executions AS (
  SELECT repository, workflow, job, branch, job_id, run_id, head_sha
  FROM job
  WHERE time >= $start AND time < $stop
)
SELECT
  newest.time, repository, workflow, job, branch, suite, test, outcome, duration_s, message, head_sha,
  -- Runs of other CIs have negative ids, and no page of GitHub.
  CASE WHEN run_id > 0 THEN
    $server_url || '/' || repository || '/actions/runs/' || run_id || '/job/' || job_id
  END AS url
FROM newest
LEFT JOIN executions USING (repository, workflow, job, branch, job_id)
