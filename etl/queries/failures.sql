-- The most common failures, each with its last message.
SELECT
  repository, signature,
  arg_max(template, time) AS template,
  count(*) AS count,
  count(*) / sum(count(*)) OVER () AS share,
  count(DISTINCT (workflow, job)) AS jobs,
  count(DISTINCT test) AS tests,
  min(time) AS first_seen,
  max(time) AS last_seen,
  arg_max(message, time) AS message,
  concat($server_url, '/', repository, '/actions/runs/', arg_max(run_id, time), '/job/', arg_max(job_id, time)) AS url
FROM failure
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
GROUP BY repository, signature
