// How long executions took and waited, as histograms: those of at most so many seconds.

// GitHub ends any run after 35 days: the last bound is above whatever was measured.
bounds = [5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1200.0, 1800.0, 3600.0, 7200.0, 21600.0, 1000000000.0]

points = (measurement, field, by) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches and r.conclusion =~ counted,
        )
        |> group(columns: by)
named = (tables=<-, measure) =>
    tables
        |> map(
            fn: (r) =>
                ({
                    repository: r.repository,
                    workflow: r.workflow,
                    job_group: if exists r.job_group then r.job_group else "",
                    measure: measure,
                    column: if exists r.le then (if r.le > 100000000.0 then "count" else "le_" + string(v: int(v: r.le))) else "sum_s",
                    _value: r._value,
                }),
        )
        |> group()
histograms = (measurement, field, by, measure) =>
    union(
        tables: [
            points(measurement: measurement, field: field, by: by)
                |> histogram(bins: bounds)
                |> named(measure: measure),
            points(measurement: measurement, field: field, by: by) |> sum() |> named(measure: measure),
        ],
    )
runs = ["repository", "workflow"]
jobs = ["repository", "workflow", "job_group"]

union(
    tables: [
        histograms(measurement: "workflow_run", field: "duration_s", by: runs, measure: "duration"),
        histograms(measurement: "workflow_run", field: "queued_s", by: runs, measure: "queued"),
        histograms(measurement: "job", field: "duration_s", by: jobs, measure: "duration"),
        histograms(measurement: "job", field: "queued_s", by: jobs, measure: "queued"),
    ],
)
    |> pivot(rowKey: ["repository", "workflow", "job_group", "measure"], columnKey: ["column"], valueColumn: "_value")
