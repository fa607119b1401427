// How often failures came and in how many jobs, beside the period of the same length before.

keys = ["repository", "signature"]
points = (field, since, until) =>
    from(bucket: bucket)
        |> range(start: since, stop: until)
        |> filter(
            fn: (r) =>
                r._measurement == "failure" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
column = (tables=<-, name) =>
    tables
        |> toString()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "signature", "column", "_value"])
period = (since, until, suffix) =>
    union(
        tables: [
            points(field: "message", since: since, until: until)
                |> group(columns: keys)
                |> count()
                |> column(name: "count" + suffix),
            points(field: "message", since: since, until: until)
                |> group(columns: ["repository", "signature", "workflow", "job"])
                |> count()
                |> group(columns: keys)
                |> count()
                |> column(name: "jobs" + suffix),
        ],
    )

union(
    tables: [
        period(since: start, until: stop, suffix: ""),
        period(since: time(v: 2 * int(v: start) - int(v: stop)), until: start, suffix: "_before"),
        points(field: "template", since: start, until: stop) |> group(columns: keys) |> last() |> column(name: "template"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.count)
    |> map(
        fn: (r) =>
            ({r with
                count: int(v: r.count),
                jobs: int(v: r.jobs),
                count_before: int(v: if exists r.count_before then r.count_before else "0"),
                jobs_before: int(v: if exists r.jobs_before then r.jobs_before else "0"),
            }),
    )
