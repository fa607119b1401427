// What runs on which runners: jobs, minutes and the wait for a runner.

keys = ["repository", "workflow", "runner"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches,
        )
waits = (q) =>
    points(field: "queued_s")
        |> filter(fn: (r) => r.conclusion =~ counted)
        |> group(columns: keys)
        |> quantile(q: q, method: "exact_mean")
column = (tables=<-, name) =>
    tables
        |> toFloat()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "workflow", "runner", "column", "_value"])

union(
    tables: [
        points(field: "job_id") |> group(columns: keys) |> count() |> column(name: "jobs"),
        points(field: "duration_s") |> group(columns: keys) |> sum() |> column(name: "seconds"),
        waits(q: 0.5) |> column(name: "queued_p50_s"),
        waits(q: 0.95) |> column(name: "queued_p95_s"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                jobs: int(v: r.jobs),
                minutes: (if exists r.seconds then r.seconds else 0.0) / 60.0,
            }),
    )
