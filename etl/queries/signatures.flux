// The signature of each job's failures, by test where one is known; without the messages.
failures = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) => r._measurement == "failure" and r._field == field and r.repository =~ repositories,
        )
        |> group(columns: ["repository", "workflow", "job", "branch", "source", "category", "signature"])
        |> toString()

union(tables: [failures(field: "job_id"), failures(field: "test")])
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.job_id)
    |> group()
    |> map(
        fn: (r) =>
            ({
                repository: r.repository,
                workflow: r.workflow,
                job_id: int(v: r.job_id),
                test: if exists r.test then r.test else "",
                signature: r.signature,
            }),
    )
    |> group(columns: ["repository", "workflow", "job_id", "test", "signature"])
    |> limit(n: 1)
    |> group()
