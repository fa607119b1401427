// Executions of workflows and jobs that count, each with its commit and how long it took and waited.

points = (measurement, field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.conclusion =~ counted,
        )
        |> group(columns: ["repository"])
        |> toString()
known = (v) => if exists v then v else ""
runs =
    union(
        tables: [
            points(measurement: "workflow_run", field: "run_id"),
            points(measurement: "workflow_run", field: "head_sha"),
            points(measurement: "workflow_run", field: "head_branch"),
            points(measurement: "workflow_run", field: "duration_s"),
            points(measurement: "workflow_run", field: "queued_s"),
        ],
    )
        |> group()
        |> pivot(
            rowKey: ["_time", "repository", "workflow", "branch", "attempt", "conclusion"],
            columnKey: ["_field"],
            valueColumn: "_value",
        )
        |> map(
            fn: (r) =>
                ({
                    level: "workflow",
                    repository: r.repository,
                    workflow: r.workflow,
                    job: "",
                    branch: r.branch,
                    attempt: r.attempt,
                    conclusion: r.conclusion,
                    runner: "",
                    time: r._time,
                    run_id: known(v: r.run_id),
                    job_id: "",
                    head_sha: known(v: r.head_sha),
                    head_branch: known(v: r.head_branch),
                    duration_s: known(v: r.duration_s),
                    queued_s: known(v: r.queued_s),
                }),
        )
jobs =
    union(
        tables: [
            points(measurement: "job", field: "run_id"),
            points(measurement: "job", field: "job_id"),
            points(measurement: "job", field: "head_sha"),
            points(measurement: "job", field: "duration_s"),
            points(measurement: "job", field: "queued_s"),
        ],
    )
        |> group()
        |> pivot(
            rowKey: ["_time", "repository", "workflow", "job", "branch", "attempt", "runner", "conclusion"],
            columnKey: ["_field"],
            valueColumn: "_value",
        )
        |> map(
            fn: (r) =>
                ({
                    level: "job",
                    repository: r.repository,
                    workflow: r.workflow,
                    job: r.job,
                    branch: r.branch,
                    attempt: r.attempt,
                    conclusion: r.conclusion,
                    runner: r.runner,
                    time: r._time,
                    run_id: known(v: r.run_id),
                    job_id: known(v: r.job_id),
                    head_sha: known(v: r.head_sha),
                    head_branch: "",
                    duration_s: known(v: r.duration_s),
                    queued_s: known(v: r.queued_s),
                }),
        )

union(tables: [runs, jobs])
