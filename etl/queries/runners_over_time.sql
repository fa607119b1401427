-- Minutes used on each kind of runner and the wait for one, by time.
SELECT
  time - time % $every AS time,
  repository, runner,
  count(*) AS jobs,
  sum(duration_s) / 60 AS minutes,
  quantile_cont(queued_s, 0.5) FILTER (counts) AS queued_p50_s
FROM (SELECT *, conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AS counts FROM job)
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($job = '' OR job = $job)
    AND ($branch = '' OR branch = $branch)
GROUP BY ALL
