-- The newest executions of each job on each branch, whatever their conclusions, and of these the newest in all.
SELECT
  time, repository, workflow, job, job_group, branch, attempt::BIGINT AS attempt, conclusion, job_id, run_id,
  head_sha,
  CASE WHEN run_id > 0 THEN $server_url || '/' || repository || '/actions/runs/' || run_id || '/job/' || job_id END AS url
FROM job
WHERE time >= $start AND time < $stop AND job_id IS NOT NULL
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($branch = '' OR branch = $branch)
QUALIFY row_number() OVER (PARTITION BY repository, workflow, job, branch ORDER BY time DESC) <= $most_rows
ORDER BY time DESC, repository DESC, workflow DESC, job DESC, job_id DESC
LIMIT $most_in_all
