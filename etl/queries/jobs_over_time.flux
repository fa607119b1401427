// How often each job succeeds, how long it takes and how long it waits, by time.

keys = ["repository", "workflow", "job"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches
                    and r.conclusion =~ counted,
        )
counts =
    points(field: "job_id")
        |> group(columns: ["repository", "workflow", "job", "conclusion"])
        |> aggregateWindow(every: every, fn: count, createEmpty: false, timeSrc: "_start")
measured = (field, q) =>
    points(field: field)
        |> group(columns: keys)
        |> aggregateWindow(
            every: every,
            fn: (tables=<-, column) => tables |> quantile(q: q, method: "exact_mean"),
            createEmpty: false,
            timeSrc: "_start",
        )
column = (tables=<-, name) =>
    tables
        |> toFloat()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["_time", "repository", "workflow", "job", "column", "_value"])

union(
    tables: [
        counts |> group(columns: ["_time", "repository", "workflow", "job"]) |> sum() |> column(name: "total"),
        counts |> filter(fn: (r) => r.conclusion == "success") |> column(name: "success"),
        measured(field: "duration_s", q: 0.5) |> column(name: "p50_s"),
        measured(field: "duration_s", q: 0.95) |> column(name: "p95_s"),
        measured(field: "queued_s", q: 0.5) |> column(name: "queued_p50_s"),
    ],
)
    |> pivot(rowKey: ["_time", "repository", "workflow", "job"], columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                // The first window starts where the range does: its time is where it would have started.
                time: time(v: int(v: r._time) - int(v: r._time) % int(v: every)),
                success: int(v: if exists r.success then r.success else 0.0),
                total: int(v: r.total),
                success_rate: (if exists r.success then r.success else 0.0) / r.total,
            }),
    )
