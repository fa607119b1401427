-- How often each workflow succeeds, and how long it takes.
WITH attempts AS (
  SELECT *, conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AS counts
  FROM workflow_run
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
),
executions AS (
  SELECT *, conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AS counts
  FROM job
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
),
by_attempts AS (
  SELECT
    repository, workflow,
    count(*) FILTER (conclusion = 'success') AS success,
    count(*) FILTER (counts) AS total,
    success / nullif(total, 0) AS success_rate,
    quantile_cont(duration_s, 0.5) FILTER (counts) AS p50_s,
    quantile_cont(duration_s, 0.95) FILTER (counts) AS p95_s,
    quantile_cont(queued_s, 0.5) FILTER (counts) AS queued_p50_s
  FROM attempts
  GROUP BY ALL
),
by_executions AS (
  SELECT
    repository, workflow,
    count(*) FILTER (conclusion = 'success') / nullif(count(*) FILTER (counts), 0) AS job_success_rate,
    sum(duration_s) / 60 AS minutes
  FROM executions
  GROUP BY ALL
)
SELECT * FROM by_attempts FULL JOIN by_executions USING (repository, workflow)
