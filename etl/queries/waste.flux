// What minutes of runners were used for nothing, and what was waited for them.

keys = ["repository", "workflow"]
points = (measurement, field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
column = (tables=<-, name) =>
    tables
        |> group(columns: keys)
        |> sum()
        |> map(fn: (r) => ({r with _value: r._value / 60.0}))
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "workflow", "column", "_value"])

union(
    tables: [
        points(measurement: "job", field: "duration_s") |> column(name: "minutes"),
        points(measurement: "job", field: "duration_s")
            |> filter(fn: (r) => r.conclusion == "cancelled")
            |> column(name: "cancelled_minutes"),
        points(measurement: "job", field: "repeated_s") |> column(name: "repeated_minutes"),
        points(measurement: "job", field: "queued_s") |> column(name: "waiting_minutes"),
        // Evidence of several kinds for one failing execution stands at one time: it is wasted once.
        points(measurement: "flake", field: "wasted_s")
            |> group(columns: ["repository", "workflow", "job"])
            |> unique(column: "_time")
            |> column(name: "flaked_minutes"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
