// Since when workflows and jobs are broken on branches with a name of their own, and how long repairs took.
import "internal/debug"

hour = 3600000000000.0

keys = ["repository", "workflow", "job", "branch"]
points = (measurement, field, columns) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches and r.branch != "(pull request)"
                    and r.branch != "(other)" and r.conclusion =~ counted,
        )
        |> group(columns: columns)
executions = (measurement, columns) =>
    union(
        tables: [
            points(measurement: measurement, field: "run_id", columns: columns) |> toString(),
            points(measurement: measurement, field: "head_sha", columns: columns),
        ],
    )
        |> pivot(rowKey: ["_time", "conclusion"], columnKey: ["_field"], valueColumn: "_value")
        |> filter(fn: (r) => exists r.run_id)
        |> map(fn: (r) => ({r with run_id: int(v: r.run_id)}))

// What another attempt of the same run turned green was a flake.
never = 9223372036854775807
earlier = (a, b) => if a < b then a else b
runs = (tables=<-) =>
    tables
        |> group(columns: ["repository", "workflow", "job", "branch", "run_id"])
        |> reduce(
            identity: {green: false, red_at: never, green_at: never, sha: ""},
            fn: (r, accumulator) =>
                ({
                    green: accumulator.green or r.conclusion == "success",
                    red_at:
                        if r.conclusion == "success" then
                            accumulator.red_at
                        else
                            earlier(a: accumulator.red_at, b: int(v: r._time)),
                    green_at:
                        if r.conclusion == "success" then
                            earlier(a: accumulator.green_at, b: int(v: r._time))
                        else
                            accumulator.green_at,
                    sha: if exists r.head_sha and r.head_sha > accumulator.sha then r.head_sha else accumulator.sha,
                }),
        )

// Run after run (GitHub numbers them as they begin; the negative ids of other CIs' runs have no order): where a break begins, and what ends it.
breaks = (tables=<-) =>
    tables
        |> map(
            fn: (r) => ({r with place: if r.run_id > 0 then r.run_id else earlier(a: r.red_at, b: r.green_at)}),
        )
        |> group(columns: keys)
        |> sort(columns: ["place"])
        |> reduce(
            identity: {red: false, since: 0, good: "", last_good_sha: "", first_bad_sha: "", repairs: 0, repair_ns: 0},
            fn: (r, accumulator) =>
                ({
                    red: not r.green,
                    since: if accumulator.red or r.green then accumulator.since else r.red_at,
                    good: if r.green then r.sha else accumulator.good,
                    last_good_sha:
                        if accumulator.red or r.green then accumulator.last_good_sha else accumulator.good,
                    first_bad_sha: if accumulator.red or r.green then accumulator.first_bad_sha else r.sha,
                    repairs: accumulator.repairs + (if accumulator.red and r.green then 1 else 0),
                    repair_ns:
                        accumulator.repair_ns + (if accumulator.red and r.green and r.green_at > accumulator.since then
                            r.green_at - accumulator.since
                        else
                            0),
                }),
        )
        |> group()

changes = (r) =>
    if not r.red or r.first_bad_sha == "" then
        ""
    else if r.last_good_sha == "" then
        server_url + "/" + r.repository + "/commit/" + r.first_bad_sha
    else
        server_url + "/" + r.repository + "/compare/" + r.last_good_sha + "..." + r.first_bad_sha

union(
    tables: [
        executions(measurement: "workflow_run", columns: ["repository", "workflow", "branch"])
            |> map(fn: (r) => ({r with job: ""}))
            |> runs()
            |> breaks(),
        executions(measurement: "job", columns: keys) |> runs() |> breaks(),
    ],
)
    |> filter(fn: (r) => r.red or r.repairs > 0)
    |> map(
        fn: (r) =>
            ({
                repository: r.repository,
                workflow: r.workflow,
                job: r.job,
                branch: r.branch,
                since: if r.red then time(v: r.since) else debug.null(type: "time"),
                last_good_sha: if r.red then r.last_good_sha else "",
                first_bad_sha: if r.red then r.first_bad_sha else "",
                hours: if r.red then float(v: int(v: stop) - r.since) / hour else debug.null(type: "float"),
                mean_hours_to_repair:
                    if r.repairs > 0 then
                        float(v: r.repair_ns) / float(v: r.repairs) / hour
                    else
                        debug.null(type: "float"),
                url: changes(r: r),
            }),
    )
