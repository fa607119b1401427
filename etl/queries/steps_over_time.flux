// How long the steps that take the most time in all take, by time.
import "math"
import "regexp"
import "strings"

keys = ["repository", "workflow", "job", "step"]
durations = () =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "step" and r._field == "duration_s" and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches
                    and r.conclusion =~ counted,
        )
column = (tables=<-, name) =>
    tables
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["_time", "repository", "workflow", "job", "step", "column", "_value"])

longest =
    durations()
        |> group(columns: keys)
        |> sum()
        |> group()
        // A sum of floats depends on their order from the 15th digit on: the rank must not.
        |> map(fn: (r) => ({r with _value: math.round(x: r._value * 1000000.0) / 1000000.0}))
        |> sort(columns: ["_value", "repository", "workflow", "job", "step"], desc: true)
        |> limit(n: most_rows)
// Percentiles of those alone: their names as one expression, which storage can match.
names = longest |> map(fn: (r) => ({name: regexp.quoteMeta(v: r.step)})) |> findColumn(fn: (key) => true, column: "name")
these = regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")
measured = (q) =>
    durations()
        |> filter(fn: (r) => r.step =~ these)
        |> group(columns: keys)
        |> aggregateWindow(
            every: every,
            fn: (tables=<-, column) => tables |> quantile(q: q, method: "exact_mean"),
            createEmpty: false,
            timeSrc: "_start",
        )

join(
    tables: {
        some: longest |> keep(columns: keys),
        all:
            union(
                tables: [
                    measured(q: 0.5) |> column(name: "p50_s"),
                    measured(q: 0.95) |> column(name: "p95_s"),
                ],
            )
                |> pivot(rowKey: ["_time", "repository", "workflow", "job", "step"], columnKey: ["column"], valueColumn: "_value"),
    },
    on: keys,
)
    |> map(
        fn: (r) =>
            ({r with
                // The first window starts where the range does: its time is where it would have started.
                time: time(v: int(v: r._time) - int(v: r._time) % int(v: every)),
                name: r.step,
            }),
    )
