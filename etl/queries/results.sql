-- Results of tests that ran, one by one.
SELECT time, repository, workflow, job, job_group, branch, suite, test, outcome, job_id, message
FROM test
WHERE time >= $start AND time < $stop AND outcome <> 'skipped' AND job_id IS NOT NULL
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($branch = '' OR branch = $branch)
  AND ($jobs_named = '' OR list_contains(string_split($jobs_named, chr(10)), job))
  AND ($tests_named = '' OR list_contains(string_split($tests_named, chr(10)), test))
  AND ($outcomes = '' OR list_contains(string_split($outcomes, chr(10)), outcome))
