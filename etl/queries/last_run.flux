// When each repository's last completed run ended.

points =
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "workflow_run" and r._field == "run_id" and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )

points
    |> group(columns: ["repository"])
    |> last()
    |> group()
    |> map(
        fn: (r) =>
            ({
                repository: r.repository,
                time: r._time,
                // Whole seconds, as the time is told.
                hours: float(v: int(v: stop) / 1000000000 - int(v: r._time) / 1000000000) / 3600.0,
            }),
    )
