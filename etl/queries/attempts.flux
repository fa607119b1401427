// Attempts of runs, each with the branch's real name and its commit.
import "internal/debug"

keys = ["repository", "workflow", "branch", "event", "attempt", "conclusion"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "workflow_run" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
        |> group(columns: keys)
        |> toString()

union(
    tables: [
        points(field: "run_id"),
        points(field: "head_sha"),
        points(field: "head_branch"),
        points(field: "actor"),
        points(field: "jobs"),
        points(field: "duration_s"),
        points(field: "url"),
    ],
)
    |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.run_id)
    |> group()
    |> map(
        fn: (r) =>
            ({
                time: r._time,
                repository: r.repository,
                workflow: r.workflow,
                branch: r.branch,
                head_branch: if exists r.head_branch then r.head_branch else "",
                event: r.event,
                attempt: int(v: r.attempt),
                conclusion: r.conclusion,
                run_id: int(v: r.run_id),
                head_sha: if exists r.head_sha then r.head_sha else "",
                actor: if exists r.actor then r.actor else "",
                jobs: if exists r.jobs then int(v: r.jobs) else 0,
                duration_s: if exists r.duration_s then float(v: r.duration_s) else debug.null(type: "float"),
                url: if exists r.url then r.url else "",
            }),
    )
