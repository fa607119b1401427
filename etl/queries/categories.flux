// What share of the failures is of which category.

keys = ["repository", "category"]
// A function: a stream that several readers share would not be pushed down.
points = () =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "failure" and r._field == "message" and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches,
        )
column = (tables=<-, name) =>
    tables
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "category", "column", "_value"])
all = (points() |> group() |> count() |> findRecord(fn: (key) => true, idx: 0))._value

union(
    tables: [
        points() |> group(columns: keys) |> count() |> column(name: "count"),
        points()
            |> group(columns: ["repository", "category", "workflow", "job"])
            |> count()
            |> group(columns: keys)
            |> count()
            |> column(name: "jobs"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> map(fn: (r) => ({r with share: float(v: r.count) / float(v: all)}))
