-- Tests and jobs whose first evidence of flaking was confirmed in the period, after a quiet time.
SELECT
  repository, level, workflow, job, coalesce(suite, '') AS suite, coalesce(test, '') AS test,
  min(flake.confirmed_at) * 1000000000 AS confirmed_at
FROM flake
WHERE time >= $start - $quiet AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
GROUP BY ALL
HAVING min(flake.confirmed_at) * 1000000000 >= $start AND min(flake.confirmed_at) * 1000000000 < $stop
