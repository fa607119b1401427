-- Since when workflows and jobs are broken on branches with a name of their own, and how long repairs took.
WITH executions AS (
  SELECT repository, workflow, '' AS job, branch, run_id, head_sha, time, conclusion FROM workflow_run
  UNION ALL
  SELECT repository, workflow, job, branch, run_id, head_sha, time, conclusion FROM job
),
-- What another attempt of the same run turned green was a flake.
runs AS (
  SELECT
    repository, workflow, job, branch, run_id,
    coalesce(max(head_sha), '') AS sha,
    bool_or(conclusion = 'success') AS green,
    min(time) FILTER (conclusion <> 'success') AS red_at,
    min(time) FILTER (conclusion = 'success') AS green_at
  FROM executions
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
    AND run_id IS NOT NULL
    AND branch NOT IN ('(pull request)', '(other)')
    AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
  GROUP BY ALL
),
-- GitHub numbers runs as they begin; the ids of other CIs' runs, which are negative, have no order.
placed AS (SELECT *, CASE WHEN run_id > 0 THEN run_id ELSE least(red_at, green_at) END AS place FROM runs),
neighbours AS (
  SELECT *, lag(green) OVER each AS green_before, coalesce(lag(sha) OVER each, '') AS sha_before
  FROM placed
  WINDOW each AS (PARTITION BY repository, workflow, job, branch ORDER BY place)
),
-- Runs with the number of the break that they are in or end.
numbered AS (
  SELECT *, count(*) FILTER (NOT green AND coalesce(green_before, true)) OVER each AS number
  FROM neighbours
  WINDOW each AS (PARTITION BY repository, workflow, job, branch ORDER BY place)
),
breaks AS (
  SELECT
    repository, workflow, job, branch, number,
    arg_min(red_at, place) FILTER (NOT green) AS since,
    arg_min(sha, place) FILTER (NOT green) AS first_bad_sha,
    arg_min(sha_before, place) FILTER (NOT green) AS last_good_sha,
    arg_min(green_at, place) FILTER (green) AS repaired_at
  FROM numbered
  WHERE number > 0
  GROUP BY ALL
),
repairs AS (
  SELECT
    repository, workflow, job, branch,
    avg(greatest(repaired_at - since, 0) / 3600000000000) FILTER (repaired_at IS NOT NULL) AS mean_hours_to_repair
  FROM breaks
  GROUP BY ALL
)
SELECT
  repository, workflow, job, branch, since, last_good_sha, first_bad_sha,
  ($stop - since) / 3600000000000 AS hours,
  mean_hours_to_repair,
  CASE
    WHEN first_bad_sha = '' THEN ''
    WHEN last_good_sha = '' THEN $server_url || '/' || repository || '/commit/' || first_bad_sha
    ELSE $server_url || '/' || repository || '/compare/' || last_good_sha || '...' || first_bad_sha
  END AS url
FROM repairs
LEFT JOIN (FROM breaks WHERE repaired_at IS NULL) AS breaks USING (repository, workflow, job, branch)
