// The last sync of each repository; each value is the last known one.
import "regexp"

exactly = (name) => regexp.compile(v: if name == "" then "" else "^" + regexp.quoteMeta(v: name) + "$")
repositories = exactly(name: repository)
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

union(
    tables: [
        syncs |> map(fn: (r) => ({r with _value: int(v: r._time)})) |> column(name: "last"),
        syncs |> map(fn: (r) => ({r with _value: r.status})) |> column(name: "status"),
        latest(field: "requests"),
        latest(field: "rate_limit_remaining"),
        latest(field: "runs"),
        latest(field: "points"),
        latest(field: "rejected"),
        latest(field: "lag_s"),
    ],
)
    |> pivot(rowKey: ["repository"], columnKey: ["column"], valueColumn: "_value")
    |> map(fn: (r) => ({r with time: time(v: int(v: r.last))}))
