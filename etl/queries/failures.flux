// The most common failures, each with its last message.

keys = ["repository", "signature"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "failure" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches and r.category =~ categories_asked,
        )
grouped = (field) => points(field: field) |> group(columns: keys)
column = (tables=<-, name) =>
    tables
        |> toString()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "signature", "column", "_value"])
moment = (tables=<-) => tables |> map(fn: (r) => ({r with _value: int(v: r._time)}))
all = (points(field: "message") |> group() |> count() |> findRecord(fn: (key) => true, idx: 0))._value

// Each stream is written out: one that first() and last() shared would not be pushed down, and out of order.
union(
    tables: [
        grouped(field: "message") |> count() |> column(name: "count"),
        grouped(field: "message") |> first() |> moment() |> column(name: "first"),
        grouped(field: "message") |> last() |> moment() |> column(name: "last"),
        grouped(field: "message") |> last() |> column(name: "message"),
        grouped(field: "template") |> last() |> column(name: "template"),
        grouped(field: "run_id") |> last() |> column(name: "run_id"),
        grouped(field: "job_id") |> last() |> column(name: "job_id"),
        points(field: "message")
            |> group(columns: ["repository", "signature", "workflow", "job"])
            |> count()
            |> group(columns: keys)
            |> count()
            |> column(name: "jobs"),
        grouped(field: "test") |> distinct() |> count() |> column(name: "tests"),
        points(field: "message")
            |> group(columns: ["repository", "signature", "category"])
            |> count()
            |> group(columns: keys)
            |> sort(columns: ["_value", "category"])
            |> last(column: "category")
            |> map(fn: (r) => ({repository: r.repository, signature: r.signature, _value: r.category}))
            |> column(name: "category"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                count: int(v: r.count),
                share: float(v: r.count) / float(v: all),
                jobs: int(v: r.jobs),
                tests: int(v: if exists r.tests then r.tests else "0"),
                first_seen: time(v: int(v: r.first)),
                last_seen: time(v: int(v: r.last)),
                // Runs of other CIs have negative ids, and no page of GitHub.
                url:
                    if r.run_id < "0" then
                        ""
                    else
                        server_url + "/" + r.repository + "/actions/runs/" + r.run_id + "/job/" + r.job_id,
            }),
    )
