-- How often each job succeeds, how long it takes and how long it waits, by time.
SELECT
  time - time % $every AS time,
  repository, workflow, job,
  count(*) FILTER (conclusion = 'success') AS success,
  count(*) AS total,
  success / total AS success_rate,
  quantile_cont(duration_s, 0.5) AS p50_s,
  quantile_cont(duration_s, 0.95) AS p95_s,
  quantile_cont(queued_s, 0.5) AS queued_p50_s
FROM job
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
    AND conclusion IN ('success', 'failure', 'timed_out', 'startup_failure')
GROUP BY ALL
