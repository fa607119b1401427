-- How long executions took and waited, as histograms: those of at most so many seconds.
WITH measured AS (
  SELECT repository, workflow, NULL AS job_group, conclusion, branch, time, duration_s, queued_s
  FROM workflow_run
  UNION ALL
  SELECT repository, workflow, job_group, conclusion, branch, time, duration_s, queued_s
  FROM job
),
executions AS (
  SELECT *
  FROM measured
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
    AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
),
seconds AS (
  SELECT repository, workflow, job_group, 'duration' AS measure, duration_s AS value FROM executions
  UNION ALL
  SELECT repository, workflow, job_group, 'queued' AS measure, queued_s AS value FROM executions
)
SELECT
  repository, workflow, job_group, measure,
  count(*) AS count,
  sum(value) AS sum_s,
  count(*) FILTER (value <= 5) AS le_5,
  count(*) FILTER (value <= 15) AS le_15,
  count(*) FILTER (value <= 30) AS le_30,
  count(*) FILTER (value <= 60) AS le_60,
  count(*) FILTER (value <= 120) AS le_120,
  count(*) FILTER (value <= 300) AS le_300,
  count(*) FILTER (value <= 600) AS le_600,
  count(*) FILTER (value <= 1200) AS le_1200,
  count(*) FILTER (value <= 1800) AS le_1800,
  count(*) FILTER (value <= 3600) AS le_3600,
  count(*) FILTER (value <= 7200) AS le_7200,
  count(*) FILTER (value <= 21600) AS le_21600
FROM seconds
WHERE value IS NOT NULL
GROUP BY repository, workflow, job_group, measure
