-- How often failures came and in how many jobs, beside the period of the same length before.
SELECT
  repository, signature,
  arg_max(template, time) FILTER (time >= $start) AS template,
  count(*) FILTER (time >= $start) AS count,
  count(*) FILTER (time < $start) AS count_before,
  count(DISTINCT (workflow, job)) FILTER (time >= $start) AS jobs,
  count(DISTINCT (workflow, job)) FILTER (time < $start) AS jobs_before
FROM failure
WHERE time >= 2 * $start - $stop AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
GROUP BY ALL
HAVING count(*) FILTER (time >= $start) > 0
