// Flaky tests without `flake` points: by raw results, each joined with its report by `job_id`.
//
// `test` points carry no run and no attempt, their execution's `test_report` does. A result that failed
// is a flake when the test passed, and did not fail, in another attempt of the same run. One row a test:
// the failing results, of which several in one execution count each. It reads every result, so it is for
// small histories: `etl/queries/flaky.flux` asks the same of the `flake` points, and holds the limits.
keys = ["repository", "workflow", "job", "suite", "test"]
points = (measurement) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(fn: (r) => r._measurement == measurement)

reports =
    points(measurement: "test_report")
        |> filter(fn: (r) => r._field == "job_id" or r._field == "run_id" or r._field == "attempt")
        |> group()
        |> pivot(rowKey: ["_time", "repository"], columnKey: ["_field"], valueColumn: "_value")
        |> keep(columns: ["repository", "job_id", "run_id", "attempt"])
results =
    points(measurement: "test")
        |> filter(fn: (r) => r._field == "job_id" and r.outcome != "skipped")
        |> group()
        |> map(
            fn: (r) =>
                ({
                    repository: r.repository,
                    workflow: r.workflow,
                    job: r.job,
                    suite: r.suite,
                    test: r.test,
                    job_id: r._value,
                    red: if r.outcome == "passed" then 0 else 1,
                    green: if r.outcome == "passed" then 1 else 0,
                }),
        )

// One row an execution of a test: how often it failed and passed there.
executions =
    join(tables: {result: results, report: reports}, on: ["repository", "job_id"])
        |> group(columns: ["repository", "workflow", "job", "suite", "test", "run_id", "attempt"])
        |> reduce(
            identity: {red: 0, green: 0},
            fn: (r, accumulator) => ({red: accumulator.red + r.red, green: accumulator.green + r.green}),
        )
        |> group()
passed =
    executions
        |> filter(fn: (r) => r.green > 0 and r.red == 0)
        |> rename(columns: {attempt: "passed_in"})
        |> drop(columns: ["red", "green"])
failed = executions |> filter(fn: (r) => r.red > 0)

join(
    tables: {failed: failed, passed: passed},
    on: ["repository", "workflow", "job", "suite", "test", "run_id"],
)
    |> filter(fn: (r) => r.attempt != r.passed_in)
    |> group(columns: ["repository", "workflow", "job", "suite", "test", "run_id", "attempt"])
    // Each of several passing executions makes a row: the failing one counts once.
    |> first(column: "red")
    |> group(columns: keys)
    |> sum(column: "red")
    |> rename(columns: {red: "flakes"})
