-- All results of the tests that failed in the period, by name: a test of that name elsewhere is listed too.
SELECT repository, workflow, job, suite, test, outcome, time, job_id
FROM test
SEMI JOIN (
  SELECT test
  FROM test
  WHERE time >= $start AND time < $stop AND outcome IN ('failed', 'error')
    AND ($repository = '' OR repository = $repository)
) AS failing USING (test)
WHERE time >= $start AND time < $stop AND outcome <> 'skipped' AND ($repository = '' OR repository = $repository)
