// Failure messages one by one.
import "array"
import "strings"

these_signatures =
    regexp.compile(
        v:
            if signatures == "" then
                ""
            else
                "^(" + strings.joinStr(
                    arr: strings.split(v: signatures, t: "\n") |> array.map(fn: (x) => regexp.quoteMeta(v: x)),
                    v: "|",
                ) + ")$",
    )
keys = ["repository", "workflow", "job", "job_group", "branch", "source", "category", "signature"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "failure" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches and r.signature =~ these_signatures,
        )
        |> group(columns: keys)
        |> toString()

union(
    tables: [
        points(field: "message"),
        points(field: "test"),
        points(field: "path"),
        points(field: "job_id"),
        points(field: "run_id"),
        points(field: "attempt"),
    ],
)
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.message)
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
                category: if exists r.category then r.category else "",
                signature: r.signature,
                test: if exists r.test then r.test else "",
                path: if exists r.path then r.path else "",
                message: r.message,
                job_id: if exists r.job_id then int(v: r.job_id) else 0,
                run_id: if exists r.run_id then int(v: r.run_id) else 0,
                attempt: if exists r.attempt then int(v: r.attempt) else 0,
            }),
    )
