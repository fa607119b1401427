-- Executions of jobs that count in the success rate, one by one.
SELECT
  time, repository, workflow, job, job_group, branch, attempt::BIGINT AS attempt, conclusion, job_id, run_id,
  head_sha, url
FROM job
WHERE time >= $start AND time < $stop AND job_id IS NOT NULL
  AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($branch = '' OR branch = $branch)
  AND ($jobs_named = '' OR list_contains(string_split($jobs_named, chr(10)), job))
