// Jobs that got slower, less reliable or flakier than in the period of the same length before.

keys = ["repository", "workflow", "job"]
points = (measurement, field, since, until) =>
    from(bucket: bucket)
        |> range(start: since, stop: until)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
column = (tables=<-, name) =>
    tables
        |> toFloat()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "workflow", "job", "column", "_value"])
period = (since, until, suffix) => {
    counts =
        points(measurement: "job", field: "job_id", since: since, until: until)
            |> filter(fn: (r) => r.conclusion =~ counted)
            |> group(columns: ["repository", "workflow", "job", "conclusion"])
            |> count()

    // Evidence of several kinds for one failing execution stands at one time, and counts once.
    flakes = (field) =>
        points(measurement: "flake", field: field, since: since, until: until)
            |> filter(fn: (r) => r.level == "job")
            |> group(columns: keys)
            |> unique(column: "_time")

    return
        union(
            tables: [
                counts |> group(columns: keys) |> sum() |> column(name: "total" + suffix),
                counts |> filter(fn: (r) => r.conclusion == "success") |> column(name: "success" + suffix),
                points(measurement: "job", field: "duration_s", since: since, until: until)
                    |> filter(fn: (r) => r.conclusion =~ counted)
                    |> group(columns: keys)
                    |> quantile(q: 0.5, method: "exact_mean")
                    |> column(name: "p50_s" + suffix),
                flakes(field: "failed_job_id") |> count() |> column(name: "flakes" + suffix),
                flakes(field: "wasted_s") |> sum() |> column(name: "wasted_s" + suffix),
            ],
        )
}
known = (v) => if exists v then v else 0.0
more = (now, before) => if now > before then now - before else 0.0
cost = (tables=<-) =>
    tables
        |> map(
            fn: (r) =>
                ({r with
                    rate: known(v: r.success) / r.total,
                    rate_before: known(v: r.success_before) / r.total_before,
                    slower:
                        if exists r.p50_s and exists r.p50_s_before then
                            more(now: r.p50_s, before: r.p50_s_before) * r.total / 60.0
                        else
                            0.0,
                    flakier: more(now: known(v: r.wasted_s), before: known(v: r.wasted_s_before)) / 60.0,
                }),
        )
        |> map(
            fn: (r) =>
                ({r with less_reliable: more(now: r.rate_before, before: r.rate) * r.total * known(v: r.p50_s) / 60.0}),
        )

union(
    tables: [
        period(since: start, until: stop, suffix: ""),
        period(since: time(v: 2 * int(v: start) - int(v: stop)), until: start, suffix: "_before"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.total and exists r.total_before)
    |> cost()
    |> map(
        fn: (r) =>
            ({r with
                total: int(v: r.total),
                success_rate: r.rate,
                success_rate_before: r.rate_before,
                flakes: int(v: known(v: r.flakes)),
                flakes_before: int(v: known(v: r.flakes_before)),
                cost_minutes: r.slower + r.less_reliable + r.flakier,
                reason:
                    if r.slower >= r.less_reliable and r.slower >= r.flakier then
                        "slower"
                    else if r.less_reliable >= r.flakier then
                        "less reliable"
                    else
                        "flakier",
            }),
    )
    |> filter(fn: (r) => r.cost_minutes > 0.0)
