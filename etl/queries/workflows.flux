// How often each workflow succeeds, and how long it takes.

keys = ["repository", "workflow"]
points = (measurement, field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
measured = (field) =>
    points(measurement: "workflow_run", field: field)
        |> filter(fn: (r) => r.conclusion =~ counted)
        |> group(columns: keys)
column = (tables=<-, name) =>
    tables
        |> toFloat()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "workflow", "column", "_value"])
counts = (measurement, field) =>
    points(measurement: measurement, field: field)
        |> group(columns: ["repository", "workflow", "conclusion"])
        |> count()
total = (tables=<-) =>
    tables |> filter(fn: (r) => r.conclusion =~ counted) |> group(columns: keys) |> sum()
runs = counts(measurement: "workflow_run", field: "run_id")
jobs = counts(measurement: "job", field: "job_id")

union(
    tables: [
        runs |> group(columns: keys) |> sum() |> column(name: "runs"),
        runs |> total() |> column(name: "total"),
        runs |> filter(fn: (r) => r.conclusion == "success") |> column(name: "success"),
        jobs |> group(columns: keys) |> sum() |> column(name: "jobs"),
        jobs |> total() |> column(name: "job_total"),
        jobs |> filter(fn: (r) => r.conclusion == "success") |> column(name: "job_success"),
        measured(field: "duration_s") |> quantile(q: 0.5, method: "exact_mean") |> column(name: "p50_s"),
        measured(field: "duration_s") |> quantile(q: 0.95, method: "exact_mean") |> column(name: "p95_s"),
        measured(field: "queued_s") |> quantile(q: 0.5, method: "exact_mean") |> column(name: "queued_p50_s"),
        points(measurement: "job", field: "duration_s")
            |> group(columns: keys)
            |> sum()
            |> column(name: "seconds"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                success: int(v: if exists r.success then r.success else 0.0),
                total: int(v: if exists r.total then r.total else 0.0),
                success_rate: (if exists r.success then r.success else 0.0) / r.total,
                job_success_rate: (if exists r.job_success then r.job_success else 0.0) / r.job_total,
                minutes: (if exists r.seconds then r.seconds else 0.0) / 60.0,
            }),
    )
