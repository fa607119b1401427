-- When each repository's last completed run ended.
SELECT
  repository,
  max(workflow_run.time) AS time,
  -- Whole seconds, as the time is told.
  ($stop // 1000000000 - max(workflow_run.time) // 1000000000) / 3600 AS hours
FROM workflow_run
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
GROUP BY ALL
