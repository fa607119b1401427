-- The newest messages of each failure in each job, and how many it has there; of these the newest in all.
SELECT
  time, repository, workflow, job, branch, category, signature, test, path, message,
  -- Runs of other CIs have negative ids, and no page of GitHub.
  CASE WHEN run_id > 0 THEN $server_url || '/' || repository || '/actions/runs/' || run_id || '/job/' || job_id END AS url,
  count(*) OVER (PARTITION BY repository, signature, workflow, job) AS count
FROM failure
WHERE time >= $start AND time < $stop AND message IS NOT NULL
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($branch = '' OR branch = $branch)
QUALIFY row_number() OVER (
  PARTITION BY repository, signature, workflow, job ORDER BY time DESC, branch DESC, source DESC, category DESC
) <= $most_rows
ORDER BY
  time DESC, repository DESC, workflow DESC, job DESC, signature DESC, branch DESC, source DESC, category DESC
LIMIT $most_in_all
