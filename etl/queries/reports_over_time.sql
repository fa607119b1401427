-- What came of the tests that reports tell of, by time.
SELECT
  time - time % $every AS time,
  repository, workflow,
  sum(total) AS total,
  sum(passed) AS passed,
  sum(failed) AS failed,
  sum(errored) AS errored,
  sum(skipped) AS skipped,
  sum(flaky) AS flaky
FROM test_report
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
GROUP BY ALL
-- What holds none of these fields is no row.
HAVING coalesce(total, passed, failed, errored, skipped, flaky) IS NOT NULL
