// Jobs whose reports have failures: how many of their tests failed.
keys = ["repository", "workflow", "job", "job_group", "branch"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "test_report" and r._field == field and r.repository =~ repositories,
        )
        |> group(columns: keys)

union(
    tables: [
        points(field: "job_id"),
        points(field: "total"),
        points(field: "failed"),
        points(field: "errored"),
        points(field: "skipped"),
    ],
)
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(
        fn: (r) =>
            (if exists r.failed then r.failed else 0) + (if exists r.errored then r.errored else 0) > 0,
    )
    |> group()
    |> map(
        fn: (r) =>
            ({
                repository: r.repository,
                workflow: r.workflow,
                job: r.job,
                job_id: if exists r.job_id then r.job_id else 0,
                total: if exists r.total then r.total else 0,
                failed: if exists r.failed then r.failed else 0,
                errored: if exists r.errored then r.errored else 0,
                skipped: if exists r.skipped then r.skipped else 0,
            }),
    )
