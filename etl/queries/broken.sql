-- The last break of each workflow, job and test on each branch that lasts or ended in the period, and how long repairs took.
WITH breaks AS (
  SELECT
    *, row_number() OVER (each ORDER BY finding.since DESC, finding.time DESC) AS newest,
    avg(repair_s) FILTER (repair_s > 0) OVER each / 3600 AS mean_hours_to_repair
  FROM finding
  WHERE kind = 'broken' AND branch <> '' AND time < $stop AND finding.since < $stop // 1000000000
    AND (finding.until = 0 OR finding.until >= $start // 1000000000)
    AND ($repository = '' OR repository = $repository)
    AND ($workflow = '' OR workflow = $workflow)
    AND ($branch = '' OR branch = $branch)
  WINDOW each AS (PARTITION BY repository, level, workflow, job, suite, name, branch)
)
SELECT
  repository, level, workflow, job, suite, name AS test, branch, evidence, probability,
  since * 1000000000 AS since, CASE WHEN until > 0 THEN until * 1000000000 END AS until,
  last_before_sha AS last_good_sha, since_sha AS first_bad_sha, between, repaired_sha,
  CASE WHEN until = 0 THEN ($stop - since * 1000000000) / 3600000000000 END AS hours,
  CASE WHEN repair_s > 0 THEN repair_s / 3600 END AS hours_to_repair,
  mean_hours_to_repair,
  CASE
    WHEN since_sha = '' THEN ''
    WHEN last_before_sha = '' THEN $server_url || '/' || repository || '/commit/' || since_sha
    ELSE $server_url || '/' || repository || '/compare/' || last_before_sha || '...' || since_sha
  END AS url
FROM breaks
WHERE newest = 1
