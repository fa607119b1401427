-- The signature of each job's failures, by test where one is known; without the messages.
SELECT repository, workflow, job_id, coalesce(test, '') AS test, signature
FROM failure
WHERE time >= $start AND time < $stop AND job_id IS NOT NULL
  AND ($repository = '' OR repository = $repository)
GROUP BY ALL
