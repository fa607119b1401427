-- How long the steps that take the most time in all take, by time.
WITH durations AS (
  SELECT repository, workflow, job, step, time, duration_s
  FROM step
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
    AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
    AND duration_s IS NOT NULL
),
longest AS (
  SELECT repository, workflow, job, step
  FROM durations
  GROUP BY ALL
  -- A sum of floats depends on their order from the 15th digit on: the rank must not.
  ORDER BY round(sum(duration_s), 6) DESC, repository DESC, workflow DESC, job DESC, step DESC
  LIMIT $most_rows
)
SELECT
  time - time % $every AS time,
  repository, workflow, job, step AS name,
  quantile_cont(duration_s, 0.5) AS p50_s,
  quantile_cont(duration_s, 0.95) AS p95_s
FROM durations
SEMI JOIN longest USING (repository, workflow, job, step)
GROUP BY ALL
