-- What share of the failures is of which category.
SELECT
  repository, category,
  count(*) AS count,
  count(*) / sum(count(*)) OVER () AS share,
  count(DISTINCT (workflow, job)) AS jobs
FROM failure
WHERE time >= $start AND time < $stop
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($job = '' OR job = $job)
  AND ($branch = '' OR branch = $branch)
GROUP BY repository, category
