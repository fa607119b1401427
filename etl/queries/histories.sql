-- Executions of workflows and jobs that count, each with its commit and how long it took and waited.
SELECT
  'workflow' AS level, repository, workflow, '' AS job, branch, attempt, conclusion, '' AS runner, time,
  run_id, NULL AS job_id, head_sha, head_branch, duration_s, queued_s
FROM workflow_run
WHERE time >= $start AND time < $stop AND ($repository = '' OR repository = $repository)
  AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
UNION ALL
SELECT
  'job', repository, workflow, job, branch, attempt, conclusion, runner, time,
  run_id, job_id, head_sha, '', duration_s, queued_s
FROM job
WHERE time >= $start AND time < $stop AND ($repository = '' OR repository = $repository)
  AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
