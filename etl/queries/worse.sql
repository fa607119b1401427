-- Jobs that got slower, less reliable or flakier than in the period of the same length before.
WITH executions AS (
  SELECT
    repository, workflow, job,
    count(*) FILTER (time >= $start) AS total,
    count(*) FILTER (time < $start) AS total_before,
    count(*) FILTER (time >= $start AND conclusion = 'success') / nullif(total, 0) AS success_rate,
    count(*) FILTER (time < $start AND conclusion = 'success') / nullif(total_before, 0) AS success_rate_before,
    quantile_cont(duration_s, 0.5) FILTER (time >= $start) AS p50_s,
    quantile_cont(duration_s, 0.5) FILTER (time < $start) AS p50_s_before
  FROM job
  WHERE time >= 2 * $start - $stop AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
    AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  GROUP BY ALL
  HAVING total > 0 AND total_before > 0
),
-- Evidence of several kinds for one failing execution stands at one time, and counts once.
failing AS (
  SELECT repository, workflow, job, time, max(wasted_s) AS wasted_s
  FROM flake
  WHERE time >= 2 * $start - $stop AND time < $stop AND level = 'job'
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
  GROUP BY ALL
),
by_flakes AS (
  SELECT
    repository, workflow, job,
    count(*) FILTER (time >= $start) AS flakes,
    count(*) FILTER (time < $start) AS flakes_before,
    coalesce(sum(wasted_s) FILTER (time >= $start), 0) AS wasted_s,
    coalesce(sum(wasted_s) FILTER (time < $start), 0) AS wasted_s_before
  FROM failing
  GROUP BY ALL
),
costs AS (
  SELECT
    *,
    coalesce(greatest(p50_s - p50_s_before, 0) * total / 60, 0) AS slower,
    coalesce(greatest(success_rate_before - success_rate, 0) * total * p50_s / 60, 0) AS less_reliable,
    coalesce(greatest(wasted_s - wasted_s_before, 0) / 60, 0) AS flakier
  FROM executions
  LEFT JOIN by_flakes USING (repository, workflow, job)
)
SELECT
  *,
  slower + less_reliable + flakier AS cost_minutes,
  CASE
    WHEN slower >= less_reliable AND slower >= flakier THEN 'slower'
    WHEN less_reliable >= flakier THEN 'less reliable'
    ELSE 'flakier'
  END AS reason
FROM costs
WHERE cost_minutes > 0
