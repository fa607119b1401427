-- What runs on which runners: jobs, minutes and the wait for a runner.
SELECT
  repository, workflow, runner,
  count(*) AS jobs,
  sum(duration_s) / 60 AS minutes,
  quantile_cont(queued_s, 0.5) FILTER (counts) AS queued_p50_s,
  quantile_cont(queued_s, 0.95) FILTER (counts) AS queued_p95_s
FROM (SELECT *, conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AS counts FROM job)
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
GROUP BY ALL
