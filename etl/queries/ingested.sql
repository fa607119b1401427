-- Executions of jobs that other CIs told of, whose runs have negative ids.
SELECT repository, workflow, count(*) AS jobs, min(time) AS first_seen, max(time) AS last_seen
FROM job
WHERE time >= $start AND time < $stop AND run_id < 0 AND ($repository = '' OR repository = $repository)
GROUP BY ALL
