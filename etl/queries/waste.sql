-- What minutes of runners were used for nothing, and what was waited for them.
WITH executions AS (
  SELECT
    repository, workflow,
    sum(duration_s) / 60 AS minutes,
    sum(duration_s) FILTER (conclusion = 'cancelled') / 60 AS cancelled_minutes,
    sum(repeated_s) / 60 AS repeated_minutes,
    sum(queued_s) / 60 AS waiting_minutes
  FROM job
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
  GROUP BY ALL
  HAVING coalesce(sum(duration_s), sum(queued_s)) IS NOT NULL
),
-- Evidence of several kinds for one failing execution stands at one time: it is wasted once.
flaked AS (
  SELECT repository, workflow, sum(wasted_s) / 60 AS flaked_minutes
  FROM (
    SELECT repository, workflow, job, time, max(wasted_s) AS wasted_s
    FROM flake
    WHERE time >= $start AND time < $stop AND wasted_s IS NOT NULL
      AND ($repository = '' OR repository = $repository)
      AND ($workflow = '' OR workflow = $workflow)
      AND ($branch = '' OR branch = $branch)
    GROUP BY ALL
  )
  GROUP BY ALL
)
FROM executions FULL JOIN flaked USING (repository, workflow)
