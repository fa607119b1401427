-- The last sync of each repository; each value is the last known one.
SELECT
  repository,
  max(time) AS time,
  arg_max(status, time) AS status,
  arg_max(requests, time) AS requests,
  arg_max(rate_limit_remaining, time) AS rate_limit_remaining,
  arg_max(runs, time) AS runs,
  arg_max(points, time) AS points,
  arg_max(rejected, time) AS rejected,
  arg_max(outbox, time) AS outbox,
  arg_max(lag_s, time) AS lag_s
FROM etl
WHERE time >= $start AND time < $stop
    AND ($repository = '' OR repository = $repository)
GROUP BY repository
