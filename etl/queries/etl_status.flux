// The last sync of each repository; each value is the last known one.
import "internal/debug"

points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) => r._measurement == "etl" and r._field == field and r.repository =~ repositories,
        )
column = (tables=<-, name) =>
    tables
        |> toString()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "column", "_value"])
latest = (field) => points(field: field) |> group(columns: ["repository"]) |> last() |> column(name: field)
// One row for each status; the later one of them tells how the last sync ended.
syncs =
    points(field: "requests")
        |> group(columns: ["repository", "status"])
        |> last()
        |> group(columns: ["repository"])
        |> sort(columns: ["_time"])
        |> last()
whole = (v) => if exists v then int(v: v) else debug.null(type: "int")

union(
    tables: [
        syncs |> map(fn: (r) => ({r with _value: int(v: r._time)})) |> column(name: "last"),
        syncs |> map(fn: (r) => ({r with _value: r.status})) |> column(name: "status"),
        latest(field: "requests"),
        latest(field: "rate_limit_remaining"),
        latest(field: "runs"),
        latest(field: "points"),
        latest(field: "rejected"),
        latest(field: "outbox"),
        latest(field: "lag_s"),
    ],
)
    |> pivot(rowKey: ["repository"], columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                time: time(v: int(v: r.last)),
                requests: whole(v: r.requests),
                rate_limit_remaining: whole(v: r.rate_limit_remaining),
                runs: whole(v: r.runs),
                points: whole(v: r.points),
                rejected: whole(v: r.rejected),
                outbox: whole(v: r.outbox),
                lag_s: if exists r.lag_s then float(v: r.lag_s) else debug.null(type: "float"),
            }),
    )
