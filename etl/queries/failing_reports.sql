-- Jobs whose reports have failures: how many of their tests failed.
SELECT
  repository, workflow, job,
  coalesce(job_id, 0) AS job_id,
  coalesce(total, 0) AS total,
  coalesce(failed, 0) AS failed,
  coalesce(errored, 0) AS errored,
  coalesce(skipped, 0) AS skipped
FROM test_report
WHERE time >= $start AND time < $stop AND ($repository = '' OR repository = $repository)
    AND coalesce(failed, 0) + coalesce(errored, 0) > 0
