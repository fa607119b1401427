// The newest messages of each failure in each job, and how many it has there; of these the newest in all.

keys = ["repository", "workflow", "job", "signature"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "failure" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
        |> group(columns: keys)
newest = (field) =>
    points(field: field)
        |> sort(columns: ["_time", "branch", "source", "category"], desc: true)
        |> limit(n: most_rows)
        |> toString()
times = points(field: "message") |> count() |> group() |> rename(columns: {_value: "count"})
messages =
    union(
        tables: [
            newest(field: "message"),
            newest(field: "test"),
            newest(field: "path"),
            newest(field: "job_id"),
            newest(field: "run_id"),
        ],
    )
        |> group()
        |> pivot(
            rowKey: ["_time", "repository", "workflow", "job", "signature", "branch", "source", "category"],
            columnKey: ["_field"],
            valueColumn: "_value",
        )
        |> filter(fn: (r) => exists r.message)
        |> group()

join(tables: {one: messages, all: times}, on: keys)
    |> map(
        fn: (r) =>
            ({
                time: r._time,
                repository: r.repository,
                workflow: r.workflow,
                job: r.job,
                branch: r.branch,
                source: r.source,
                category: if exists r.category then r.category else "",
                signature: r.signature,
                test: if exists r.test then r.test else "",
                path: if exists r.path then r.path else "",
                message: r.message,
                url:
                    if exists r.run_id and int(v: r.run_id) > 0 then
                        server_url + "/" + r.repository + "/actions/runs/" + r.run_id + "/job/"
                            + (if exists r.job_id then r.job_id else "")
                    else
                        "",
                count: r.count,
            }),
    )
    |> sort(
        columns: ["time", "repository", "workflow", "job", "signature", "branch", "source", "category"],
        desc: true,
    )
    |> limit(n: most_in_all)
