// Executions of jobs that count in the success rate, one by one.
import "array"
import "strings"

// One expression of all names, which storage can match.
named = (names) =>
    regexp.compile(
        v:
            if names == "" then
                ""
            else
                "^(" + strings.joinStr(
                    arr: strings.split(v: names, t: "\n") |> array.map(fn: (x) => regexp.quoteMeta(v: x)),
                    v: "|",
                ) + ")$",
    )
these_jobs = named(names: jobs_named)
keys = ["repository", "workflow", "job", "job_group", "branch", "attempt", "conclusion"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches and r.conclusion =~ counted
                    and r.job =~ these_jobs,
        )
        |> group(columns: keys)
        |> toString()

union(
    tables: [points(field: "job_id"), points(field: "run_id"), points(field: "head_sha"), points(field: "url")],
)
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.job_id)
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
                attempt: int(v: r.attempt),
                conclusion: r.conclusion,
                job_id: int(v: r.job_id),
                run_id: if exists r.run_id then int(v: r.run_id) else 0,
                head_sha: if exists r.head_sha then r.head_sha else "",
                url: if exists r.url then r.url else "",
            }),
    )
