-- The most common failures, each with its last message.
WITH failures AS (
  SELECT *
  FROM failure
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
    AND ($category = '' OR category = $category)
),
categories AS (
  SELECT repository, signature, max(struct_pack(n := n, category := category)).category AS category
  FROM (SELECT repository, signature, category, count(*) AS n FROM failures GROUP BY ALL)
  GROUP BY ALL
)
SELECT
  repository, signature, any_value(categories.category) AS category,
  arg_max(template, time) AS template,
  count(*) AS count,
  count(*) / sum(count(*)) OVER () AS share,
  count(DISTINCT (workflow, job)) AS jobs,
  count(DISTINCT test) AS tests,
  min(time) AS first_seen,
  max(time) AS last_seen,
  arg_max(message, time) AS message,
  -- Runs of other CIs have negative ids, and no page of GitHub.
  CASE WHEN NOT coalesce(arg_max(run_id, time) < 0, false) THEN
    concat($server_url, '/', repository, '/actions/runs/', arg_max(run_id, time), '/job/', arg_max(job_id, time))
  END AS url
FROM failures
JOIN categories USING (repository, signature)
GROUP BY repository, signature
