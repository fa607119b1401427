// Success rate and durations of each workflow by time.

keys = ["repository", "workflow"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "workflow_run" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
counts =
    points(field: "run_id")
        |> group(columns: ["repository", "workflow", "conclusion"])
        |> aggregateWindow(every: every, fn: count, createEmpty: false, timeSrc: "_start")
durations = (q) =>
    points(field: "duration_s")
        |> filter(fn: (r) => r.conclusion =~ counted)
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
        |> keep(columns: ["_time", "repository", "workflow", "column", "_value"])

union(
    tables: [
        counts
            |> filter(fn: (r) => r.conclusion =~ counted)
            |> group(columns: ["_time", "repository", "workflow"])
            |> sum()
            |> column(name: "total"),
        counts |> filter(fn: (r) => r.conclusion == "success") |> column(name: "success"),
        durations(q: 0.5) |> column(name: "p50_s"),
        durations(q: 0.95) |> column(name: "p95_s"),
    ],
)
    |> pivot(rowKey: ["_time", "repository", "workflow"], columnKey: ["column"], valueColumn: "_value")
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
