// Which attempts of runs are stored (`job_id` is 0), and which jobs.

points = (measurement, fields) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) => r._measurement == measurement and r._field =~ fields and r.repository =~ repositories,
        )
        |> group(columns: ["repository"])
row = (r, run_id, job_id) =>
    ({
        repository: r.repository,
        workflow: r.workflow,
        branch: r.branch,
        attempt: r.attempt,
        run_id: run_id,
        job_id: job_id,
    })
attempts =
    points(measurement: "workflow_run", fields: /^run_id$/)
        |> group()
        |> map(fn: (r) => row(r: r, run_id: r._value, job_id: 0))
jobs =
    points(measurement: "job", fields: /^(run_id|job_id)$/)
        |> group()
        |> pivot(
            rowKey: ["_time", "repository", "workflow", "branch", "attempt", "job"],
            columnKey: ["_field"],
            valueColumn: "_value",
        )
        |> map(fn: (r) => row(r: r, run_id: r.run_id, job_id: r.job_id))

union(tables: [attempts, jobs])
