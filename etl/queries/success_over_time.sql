-- Success rate and durations of each workflow by time.
SELECT
  time - time % $every AS time,
  repository, workflow,
  count(*) FILTER (conclusion = 'success') AS success,
  count(*) AS total,
  success / total AS success_rate,
  quantile_cont(duration_s, 0.5) AS p50_s,
  quantile_cont(duration_s, 0.95) AS p95_s
FROM workflow_run
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
    AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
GROUP BY ALL
