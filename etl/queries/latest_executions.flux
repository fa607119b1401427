// The newest executions of each job on each branch, whatever their conclusions, and of these the newest in all.

newest = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
        |> group(columns: ["repository", "workflow", "job", "branch"])
        |> sort(columns: ["_time"], desc: true)
        |> limit(n: most_rows)
        |> toString()

union(tables: [newest(field: "job_id"), newest(field: "run_id"), newest(field: "head_sha")])
    |> group()
    |> pivot(
        rowKey: ["_time", "repository", "workflow", "job", "job_group", "branch", "attempt", "conclusion"],
        columnKey: ["_field"],
        valueColumn: "_value",
    )
    |> filter(fn: (r) => exists r.job_id)
    |> group()
    |> map(
        fn: (r) =>
            ({
                time: r._time,
                repository: r.repository,
                workflow: r.workflow,
                job: r.job,
                job_group: r.job_group,
                branch: r.branch,
                attempt: int(v: r.attempt),
                conclusion: r.conclusion,
                job_id: int(v: r.job_id),
                run_id: if exists r.run_id then int(v: r.run_id) else 0,
                head_sha: if exists r.head_sha then r.head_sha else "",
                url:
                    if exists r.run_id and int(v: r.run_id) > 0 then
                        server_url + "/" + r.repository + "/actions/runs/" + r.run_id + "/job/" + r.job_id
                    else
                        "",
            }),
    )
    |> sort(columns: ["time", "repository", "workflow", "job", "job_id"], desc: true)
    |> limit(n: most_in_all)
