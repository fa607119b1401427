// Executions of jobs that other CIs told of, whose runs have negative ids.

keys = ["repository", "workflow"]
points = () =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == "run_id" and r.repository =~ repositories and r._value < 0,
        )
        |> group(columns: keys)
column = (tables=<-, name) =>
    tables
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "workflow", "column", "_value"])
moment = (tables=<-) => tables |> map(fn: (r) => ({r with _value: int(v: r._time)}))

union(
    tables: [
        points() |> count() |> column(name: "jobs"),
        points() |> first() |> moment() |> column(name: "first"),
        points() |> last() |> moment() |> column(name: "last"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> map(fn: (r) => ({r with first_seen: time(v: r.first), last_seen: time(v: r.last)}))
