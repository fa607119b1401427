-- How often the most common failures came, by time.
WITH failures AS (
  SELECT repository, signature, time, template
  FROM failure
  WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
),
most AS (
  SELECT repository, signature, arg_max(template, time) AS template
  FROM failures
  GROUP BY ALL
  ORDER BY count(*) DESC, repository DESC, signature DESC
  LIMIT $most_rows
)
SELECT failures.time - failures.time % $every AS time, repository, signature, most.template, count(*) AS count
FROM failures
JOIN most USING (repository, signature)
GROUP BY ALL
