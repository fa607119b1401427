-- The newest results, on each branch, of the tests that failed most often in the period.
WITH results AS (
  SELECT time, repository, workflow, job, branch, suite, test, outcome, job_id
  FROM test
  WHERE time >= $start AND time < $stop AND job_id IS NOT NULL
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
),
failing AS (
  SELECT test
  FROM results
  WHERE outcome IN ('failed', 'error')
  GROUP BY test
  ORDER BY count(*) DESC, test
  LIMIT $most_tests
)
SELECT *
FROM results
SEMI JOIN failing USING (test)
QUALIFY row_number() OVER (PARTITION BY repository, workflow, job, branch, suite, test ORDER BY time DESC) <= $most_rows
ORDER BY time DESC, repository DESC, workflow DESC, job DESC, suite DESC, test DESC
LIMIT $most_in_all
