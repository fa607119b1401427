-- Findings of `kinds` (joined by `|`; empty: all) that overlap the period, or with `only_new` began in it and last at its end.
SELECT
  * EXCLUDE (time, since, until),
  since * 1000000000 AS since, CASE WHEN until > 0 THEN until * 1000000000 END AS until,
  CASE WHEN repair_s > 0 THEN repair_s / 3600 END AS hours,
  CASE WHEN last_before_sha <> '' AND since_sha <> '' THEN
    $server_url || '/' || repository || '/compare/' || last_before_sha || '...' || since_sha
  END AS url
FROM finding
WHERE time < $stop AND finding.since < $stop // 1000000000
  AND (finding.until = 0 OR finding.until >= if($only_new, $stop, $start) // 1000000000)
  AND (NOT $only_new OR finding.since >= $start // 1000000000)
  AND ($kinds = '' OR list_contains(string_split($kinds, '|'), kind))
  AND ($repository = '' OR repository = $repository)
  AND ($workflow = '' OR workflow = $workflow)
  AND ($job = '' OR job = $job)
