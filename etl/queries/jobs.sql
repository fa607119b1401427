-- How often each job succeeds, and how long it takes.
WITH executions AS (
  SELECT *, conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AS counts
  FROM job
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
)
SELECT
  repository, workflow, job, job_group,
  count(*) FILTER (conclusion = 'success') AS success,
  count(*) FILTER (counts) AS total,
  success / nullif(total, 0) AS success_rate,
  quantile_cont(duration_s, 0.5) FILTER (counts) AS p50_s,
  quantile_cont(duration_s, 0.95) FILTER (counts) AS p95_s,
  quantile_cont(queued_s, 0.5) FILTER (counts) AS queued_p50_s,
  sum(duration_s) / 60 AS minutes
FROM executions
GROUP BY ALL
