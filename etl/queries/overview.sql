-- Everything in one row, each value also for the period of the same length before if the store has it.
WITH periods(before, since, until) AS (
  VALUES (false, $start, $stop), (true, 2 * $start - $stop, $start)
),
by_runs AS (
  SELECT
    before,
    count(*) AS runs,
    count(*) FILTER (conclusion = 'success') / nullif(count(*) FILTER (counts), 0) AS run_success_rate,
    quantile_cont(duration_s, 0.5) FILTER (counts) AS p50_s,
    quantile_cont(duration_s, 0.95) FILTER (counts) AS p95_s,
    quantile_cont(queued_s, 0.5) FILTER (counts) AS queued_p50_s
  FROM (SELECT *, conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AS counts FROM workflow_run), periods
  WHERE time >= since AND time < until
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
  GROUP BY before
),
by_jobs AS (
  SELECT
    before,
    count(*) AS jobs,
    count(*) FILTER (conclusion = 'success') / nullif(count(*) FILTER (counts), 0) AS job_success_rate,
    sum(duration_s) / 60 AS minutes
  FROM (SELECT *, conclusion IN ('success', 'failure', 'timed_out', 'startup_failure') AS counts FROM job), periods
  WHERE time >= since AND time < until
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
  GROUP BY before
),
-- Evidence of several kinds for one failing result stands at one time.
failing_results AS (
  SELECT before, level, repository, workflow, job, suite, test, time, max(wasted_s) AS wasted_s
  FROM flake, periods
  WHERE time >= since AND time < until
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
  GROUP BY ALL
),
by_flakes AS (
  SELECT before, sum(wasted_s) / 60 AS wasted_minutes FROM failing_results GROUP BY before
),
-- A test of a matrix is one test, whether its flakes are proven or suspected.
flaky AS (
  SELECT before, level, repository, workflow, job, suite, test FROM failing_results
  UNION
  SELECT before, level, repository, workflow, job, suite, name
  FROM finding, periods
  WHERE kind = 'flaky' AND finding.since < periods.until // 1000000000
    AND (finding.until = 0 OR finding.until >= periods.since // 1000000000)
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
),
by_names AS (
  SELECT
    before,
    count(DISTINCT (repository, workflow, suite, test)) FILTER (level = 'test') AS flaky_tests,
    count(DISTINCT (repository, workflow, job)) FILTER (level = 'job') AS flaky_jobs
  FROM flaky
  GROUP BY before
),
-- A period that began before the first run that is stored would make changes up.
covered AS (
  SELECT coalesce(min(time) <= 2 * $start - $stop + ($stop - $start) // 10, false) AS covers_before
  FROM workflow_run
  WHERE $repository = '' OR repository = $repository
),
answers AS (
  SELECT *
  FROM periods
  LEFT JOIN by_runs USING (before)
  LEFT JOIN by_jobs USING (before)
  LEFT JOIN by_flakes USING (before)
  LEFT JOIN by_names USING (before)
)
SELECT
  now.runs, now.jobs, now.run_success_rate, now.job_success_rate, now.p50_s, now.p95_s,
  now.queued_p50_s, now.minutes, now.wasted_minutes, now.flaky_tests, now.flaky_jobs,
  previous.runs AS runs_before,
  previous.jobs AS jobs_before,
  previous.run_success_rate AS run_success_rate_before,
  previous.job_success_rate AS job_success_rate_before,
  previous.p50_s AS p50_s_before,
  previous.p95_s AS p95_s_before,
  previous.queued_p50_s AS queued_p50_s_before,
  previous.minutes AS minutes_before,
  previous.wasted_minutes AS wasted_minutes_before,
  previous.flaky_tests AS flaky_tests_before,
  previous.flaky_jobs AS flaky_jobs_before
FROM answers AS now
LEFT JOIN answers AS previous ON previous.before AND (SELECT covers_before FROM covered)
WHERE NOT now.before
