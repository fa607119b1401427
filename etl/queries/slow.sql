-- What takes the most time: jobs, steps and tests, so many of each.
WITH durations AS NOT MATERIALIZED (
  SELECT 'job' AS level, repository, workflow, job, job AS name, branch, time, duration_s
  FROM job
  WHERE conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  UNION ALL
  SELECT 'step', repository, workflow, job, step, branch, time, duration_s
  FROM step
  WHERE conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  UNION ALL
  SELECT 'test', repository, workflow, job, CASE suite WHEN '␛(empty)' THEN test ELSE concat(suite, '::', test) END,
    branch, time, duration_s
  FROM test
  WHERE outcome <> 'skipped'
),
asked AS NOT MATERIALIZED (
  SELECT *
  FROM durations
  WHERE duration_s IS NOT NULL AND time >= $start - ($stop - $start) AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
    AND ($with_tests OR level <> 'test')
),
-- First what is shown: percentiles hold every duration in memory.
most AS (
  SELECT
    level, repository, workflow, job, name,
    -- A sum of floats depends on their order from the 15th digit on: the rank must not.
    round(sum(duration_s), 6) AS seconds
  FROM asked
  WHERE time >= $start
  GROUP BY level, repository, workflow, job, name
  QUALIFY row_number() OVER (
    PARTITION BY level ORDER BY seconds DESC, repository DESC, workflow DESC, job DESC, name DESC
  ) <= $most_rows
)
SELECT
  level, repository, workflow, job, name,
  quantile_cont(duration_s, 0.5) FILTER (time >= $start) AS p50_s,
  quantile_cont(duration_s, 0.95) FILTER (time >= $start) AS p95_s,
  quantile_cont(duration_s, 0.95) FILTER (time < $start) AS p95_s_before,
  any_value(seconds) AS seconds,
  any_value(seconds) / 60 AS minutes
FROM asked JOIN most USING (level, repository, workflow, job, name)
GROUP BY level, repository, workflow, job, name
