-- Failure messages one by one.
SELECT
  time, repository, workflow, job, job_group, branch, category, signature, test, path, message, job_id, run_id, attempt
FROM failure
WHERE time >= $start AND time < $stop AND message IS NOT NULL
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($branch = '' OR branch = $branch)
  AND ($signatures = '' OR list_contains(string_split($signatures, chr(10)), signature))
