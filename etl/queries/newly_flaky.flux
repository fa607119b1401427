// Tests and jobs whose first evidence of flaking was confirmed in the period, after a quiet time.

first = time(v: int(v: start) - int(v: quiet))

from(bucket: bucket)
    |> range(start: first, stop: stop)
    |> filter(
        fn: (r) =>
            r._measurement == "flake" and r._field == "confirmed_at" and r.repository =~ repositories
                and r.workflow =~ workflows and r.branch =~ branches,
    )
    |> group(columns: ["repository", "level", "workflow", "job", "suite", "test"])
    |> min()
    |> group()
    |> map(
        fn: (r) =>
            ({
                repository: r.repository,
                level: r.level,
                workflow: r.workflow,
                job: r.job,
                suite: if exists r.suite then r.suite else "",
                test: if exists r.test then r.test else "",
                confirmed_at: time(v: r._value * 1000000000),
            }),
    )
    |> filter(fn: (r) => r.confirmed_at >= start and r.confirmed_at < stop)
