-- Which attempts of runs are stored (`job_id` is 0), and which jobs.
SELECT repository, workflow, branch, attempt, run_id, 0 AS job_id
FROM workflow_run
WHERE time >= $start AND time < $stop AND ($repository = '' OR repository = $repository)
UNION ALL
SELECT repository, workflow, branch, attempt, run_id, job_id
FROM job
WHERE time >= $start AND time < $stop AND ($repository = '' OR repository = $repository)
