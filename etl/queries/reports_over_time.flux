// What came of the tests that reports tell of, by time.

summed = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "test_report" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches,
        )
        |> group(columns: ["repository", "workflow"])
        |> aggregateWindow(every: every, fn: sum, createEmpty: false, timeSrc: "_start")
        |> set(key: "column", value: field)
        |> group()
        |> keep(columns: ["_time", "repository", "workflow", "column", "_value"])

union(
    tables: [
        summed(field: "total"),
        summed(field: "passed"),
        summed(field: "failed"),
        summed(field: "errored"),
        summed(field: "skipped"),
        summed(field: "flaky"),
    ],
)
    |> pivot(rowKey: ["_time", "repository", "workflow"], columnKey: ["column"], valueColumn: "_value")
    // The first window starts where the range does: its time is where it would have started.
    |> map(fn: (r) => ({r with time: time(v: int(v: r._time) - int(v: r._time) % int(v: every))}))
