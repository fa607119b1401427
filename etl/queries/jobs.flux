// How often each job succeeds, and how long it takes.

keys = ["repository", "workflow", "job", "job_group"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
measured = (field) =>
    points(field: field) |> filter(fn: (r) => r.conclusion =~ counted) |> group(columns: keys)
column = (tables=<-, name) =>
    tables
        |> toFloat()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "workflow", "job", "job_group", "column", "_value"])

counts =
    points(field: "job_id")
        |> group(columns: ["repository", "workflow", "job", "job_group", "conclusion"])
        |> count()

union(
    tables: [
        counts |> group(columns: keys) |> sum() |> column(name: "all"),
        counts |> filter(fn: (r) => r.conclusion =~ counted) |> group(columns: keys) |> sum() |> column(name: "total"),
        counts |> filter(fn: (r) => r.conclusion == "success") |> column(name: "success"),
        measured(field: "duration_s") |> quantile(q: 0.5, method: "exact_mean") |> column(name: "p50_s"),
        measured(field: "duration_s") |> quantile(q: 0.95, method: "exact_mean") |> column(name: "p95_s"),
        measured(field: "queued_s") |> quantile(q: 0.5, method: "exact_mean") |> column(name: "queued_p50_s"),
        points(field: "duration_s") |> group(columns: keys) |> sum() |> column(name: "seconds"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                success: int(v: if exists r.success then r.success else 0.0),
                total: int(v: if exists r.total then r.total else 0.0),
                success_rate: (if exists r.success then r.success else 0.0) / r.total,
                minutes: (if exists r.seconds then r.seconds else 0.0) / 60.0,
            }),
    )
