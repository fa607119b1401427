// Everything in one row, each value also for the period of the same length before if the store has it.
import "array"

points = (measurement, field, since, until) =>
    from(bucket: bucket)
        |> range(start: since, stop: until)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
column = (tables=<-, name) =>
    tables |> toFloat() |> set(key: "column", value: name) |> group() |> keep(columns: ["column", "_value"])

second = 1000000000
// A finding that lasts may have begun long before the period; there are few.
flaky_field = (field, until) =>
    from(bucket: bucket)
        |> range(start: time(v: 0), stop: until)
        |> filter(
            fn: (r) =>
                r._measurement == "finding" and r.kind == "flaky" and r._field == field
                    and r.repository =~ repositories and r.workflow =~ workflows,
        )
        |> group(columns: ["repository"])
findings = (until) =>
    union(tables: [flaky_field(field: "since", until: until), flaky_field(field: "until", until: until)])
        |> group()
        |> map(
            fn: (r) =>
                ({
                    _time: r._time,
                    _field: r._field,
                    _value: r._value,
                    level: r.level,
                    repository: r.repository,
                    workflow: r.workflow,
                    job: if exists r.job then r.job else "",
                    suite: if exists r.suite then r.suite else "",
                    test: if exists r.name then r.name else "",
                }),
        )
        |> pivot(
            rowKey: ["_time", "level", "repository", "workflow", "job", "suite", "test"],
            columnKey: ["_field"],
            valueColumn: "_value",
        )
period = (since, until, suffix) => {
    counts = (measurement, field) =>
        points(measurement: measurement, field: field, since: since, until: until)
            |> group(columns: ["conclusion"])
            |> count()
    total = (tables=<-) => tables |> filter(fn: (r) => r.conclusion =~ counted) |> group() |> sum()
    measured = (field, q) =>
        points(measurement: "workflow_run", field: field, since: since, until: until)
            |> filter(fn: (r) => r.conclusion =~ counted)
            |> group()
            |> quantile(q: q, method: "exact_mean")
    seconds =
        points(measurement: "job", field: "duration_s", since: since, until: until) |> group() |> sum()
    proven =
        points(measurement: "flake", field: "failed_job_id", since: since, until: until)
            |> group(columns: ["level", "repository", "workflow", "job", "suite", "test"])
            |> count()
            |> group()
            |> keep(columns: ["level", "repository", "workflow", "job", "suite", "test", "_value"])
    found =
        findings(until: until)
            |> filter(
                fn: (r) => r.since < int(v: until) / second and (r.until == 0 or r.until >= int(v: since) / second),
            )
            |> map(fn: (r) => ({r with _value: 1}))
            |> drop(columns: ["_time", "since", "until"])
    // A test of a matrix is one test, whether its flakes are proven or suspected.
    flaky = (level, columns) =>
        union(tables: [proven, found])
            |> filter(fn: (r) => r.level == level)
            |> group(columns: columns)
            |> count()
            |> group()
            |> count()
    // Evidence of several kinds for one failing execution stands at one time: it is wasted once.
    wasted =
        points(measurement: "flake", field: "wasted_s", since: since, until: until)
            |> group(columns: ["repository", "workflow", "job"])
            |> unique(column: "_time")
            |> group()
            |> sum()
    runs = counts(measurement: "workflow_run", field: "run_id")
    jobs = counts(measurement: "job", field: "job_id")

    return
        union(
            tables: [
                array.from(rows: [{column: "runs" + suffix, _value: 0.0}]),
                runs |> group() |> sum() |> column(name: "runs" + suffix),
                runs |> total() |> column(name: "run_total" + suffix),
                runs |> filter(fn: (r) => r.conclusion == "success") |> column(name: "run_success" + suffix),
                jobs |> group() |> sum() |> column(name: "jobs" + suffix),
                jobs |> total() |> column(name: "job_total" + suffix),
                jobs |> filter(fn: (r) => r.conclusion == "success") |> column(name: "job_success" + suffix),
                measured(field: "duration_s", q: 0.5) |> column(name: "p50_s" + suffix),
                measured(field: "duration_s", q: 0.95) |> column(name: "p95_s" + suffix),
                measured(field: "queued_s", q: 0.5) |> column(name: "queued_p50_s" + suffix),
                seconds |> column(name: "seconds" + suffix),
                wasted |> column(name: "wasted_s" + suffix),
                flaky(level: "test", columns: ["repository", "workflow", "suite", "test"])
                    |> column(name: "flaky_tests" + suffix),
                flaky(level: "job", columns: ["repository", "workflow", "job"])
                    |> column(name: "flaky_jobs" + suffix),
            ],
        )
}

// A period that began before the first run that is stored would make changes up.
length_ns = int(v: stop) - int(v: start)
before = time(v: int(v: start) - length_ns)
oldest =
    from(bucket: bucket)
        |> range(start: time(v: 0), stop: time(v: int(v: before) + length_ns / 10 + 1))
        |> filter(
            fn: (r) =>
                r._measurement == "workflow_run" and r._field == "run_id" and r.repository =~ repositories,
        )
        |> first()
        |> group()
        |> findColumn(fn: (key) => true, column: "_value")

union(
    tables: [
        period(since: start, until: stop, suffix: ""),
        if length(arr: oldest) > 0 then
            period(since: before, until: start, suffix: "_before")
        else
            array.from(rows: [{column: "runs_before", _value: 0.0}]),
    ],
)
    |> group(columns: ["column"])
    |> sum()
    |> group()
    |> set(key: "row", value: "overview")
    |> pivot(rowKey: ["row"], columnKey: ["column"], valueColumn: "_value")
    |> map(
        fn: (r) =>
            ({r with
                runs: int(v: if exists r.runs then r.runs else 0.0),
                jobs: int(v: if exists r.jobs then r.jobs else 0.0),
                flaky_tests: int(v: if exists r.flaky_tests then r.flaky_tests else 0.0),
                flaky_jobs: int(v: if exists r.flaky_jobs then r.flaky_jobs else 0.0),
                run_success_rate: (if exists r.run_success then r.run_success else 0.0) / r.run_total,
                job_success_rate: (if exists r.job_success then r.job_success else 0.0) / r.job_total,
                minutes: (if exists r.seconds then r.seconds else 0.0) / 60.0,
                wasted_minutes: (if exists r.wasted_s then r.wasted_s else 0.0) / 60.0,
                runs_before: int(v: if exists r.runs_before then r.runs_before else 0.0),
                jobs_before: int(v: if exists r.jobs_before then r.jobs_before else 0.0),
                flaky_tests_before: int(v: if exists r.flaky_tests_before then r.flaky_tests_before else 0.0),
                flaky_jobs_before: int(v: if exists r.flaky_jobs_before then r.flaky_jobs_before else 0.0),
                run_success_rate_before: (if exists r.run_success_before then r.run_success_before else 0.0) / r.run_total_before,
                job_success_rate_before: (if exists r.job_success_before then r.job_success_before else 0.0) / r.job_total_before,
                minutes_before: (if exists r.seconds_before then r.seconds_before else 0.0) / 60.0,
                wasted_minutes_before: (if exists r.wasted_s_before then r.wasted_s_before else 0.0) / 60.0,
            }),
    )
