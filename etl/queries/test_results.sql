-- All results of the tests that failed in the period.
SELECT repository, workflow, job, suite, test, outcome, time, job_id
FROM test
SEMI JOIN (
  SELECT repository, workflow, test
  FROM test
  WHERE time >= $start AND time < $stop AND outcome IN ('failed', 'error')
    AND ($repository = '' OR repository = $repository)
) AS failing USING (repository, workflow, test)
WHERE time >= $start AND time < $stop AND outcome <> 'skipped' AND ($repository = '' OR repository = $repository)
