-- Attempts of runs, each with the branch's real name and its commit.
SELECT
  time, repository, workflow, branch, head_branch, event, attempt::BIGINT AS attempt, conclusion, run_id,
  head_sha, actor, jobs, duration_s, url
FROM workflow_run
WHERE time >= $start AND time < $stop AND run_id IS NOT NULL
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($branch = '' OR branch = $branch)
