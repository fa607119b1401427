// Minutes used on each kind of runner and the wait for one, by time.

keys = ["repository", "runner"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches,
        )
column = (tables=<-, name) =>
    tables
        |> toFloat()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["_time", "repository", "runner", "column", "_value"])

union(
    tables: [
        points(field: "job_id")
            |> group(columns: keys)
            |> aggregateWindow(every: every, fn: count, createEmpty: false, timeSrc: "_start")
            |> column(name: "jobs"),
        points(field: "duration_s")
            |> group(columns: keys)
            |> aggregateWindow(every: every, fn: sum, createEmpty: false, timeSrc: "_start")
            |> column(name: "seconds"),
        points(field: "queued_s")
            |> filter(fn: (r) => r.conclusion =~ counted)
            |> group(columns: keys)
            |> aggregateWindow(
                every: every,
                fn: (tables=<-, column) => tables |> quantile(q: 0.5, method: "exact_mean"),
                createEmpty: false,
                timeSrc: "_start",
            )
            |> column(name: "queued_p50_s"),
    ],
)
    |> pivot(rowKey: ["_time", "repository", "runner"], columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                // The first window starts where the range does: its time is where it would have started.
                time: time(v: int(v: r._time) - int(v: r._time) % int(v: every)),
                jobs: int(v: r.jobs),
                minutes: (if exists r.seconds then r.seconds else 0.0) / 60.0,
            }),
    )
