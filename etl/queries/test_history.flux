// The newest results of a test, each with the commit that was tested.
import "array"
import "internal/debug"
import "join"
import "regexp"
import "strings"

keys = ["repository", "workflow", "job", "branch", "suite", "test", "outcome"]
results = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "test" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches
                    and r.test =~ tests_asked,
        )
        |> group(columns: keys)
        |> toString()
newest =
    union(tables: [results(field: "job_id"), results(field: "duration_s"), results(field: "message")])
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group()
        |> map(
            fn: (r) =>
                ({
                    time: r._time,
                    repository: r.repository,
                    workflow: r.workflow,
                    job: r.job,
                    branch: r.branch,
                    suite: r.suite,
                    test: r.test,
                    outcome: r.outcome,
                    job_id: if exists r.job_id then r.job_id else "",
                    duration_s: if exists r.duration_s then r.duration_s else "",
                    message: if exists r.message then r.message else "",
                }),
        )
        |> sort(columns: ["time", "repository", "workflow", "job", "suite", "test"], desc: true)
        |> limit(n: most_rows)

// The executions of these jobs alone: their names as one expression, which storage can match.
names =
    newest
        |> map(fn: (r) => ({name: regexp.quoteMeta(v: r.job)}))
        |> unique(column: "name")
        |> findColumn(fn: (key) => true, column: "name")
these = regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")
executed = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "job" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ these and r.branch =~ branches,
        )
        |> group(columns: ["repository", "workflow", "job", "branch"])
        |> toString()
executions =
    union(tables: [executed(field: "job_id"), executed(field: "run_id"), executed(field: "head_sha")])
        |> pivot(rowKey: ["_time"], columnKey: ["_field"], valueColumn: "_value")
        |> group()
        |> map(
            fn: (r) =>
                ({
                    repository: r.repository,
                    workflow: r.workflow,
                    job: r.job,
                    branch: r.branch,
                    job_id: if exists r.job_id then r.job_id else "",
                    run_id: if exists r.run_id then r.run_id else "",
                    head_sha: if exists r.head_sha then r.head_sha else "",
                }),
        )

// A join with a table that has no columns is an error, hence a row on each side that is none of either.
no_result =
    array.from(
        rows: [
            {
                time: start,
                repository: "",
                workflow: "",
                job: "",
                branch: "",
                suite: "",
                test: "",
                outcome: "",
                job_id: "",
                duration_s: "",
                message: "",
            },
        ],
    )
no_execution =
    array.from(
        rows: [{repository: "", workflow: "", job: "", branch: "", job_id: "", run_id: "", head_sha: ""}],
    )

join.left(
    left: union(tables: [newest, no_result]),
    right: union(tables: [executions, no_execution]),
    on: (l, r) =>
        l.repository == r.repository and l.workflow == r.workflow and l.job == r.job and l.branch == r.branch
            and l.job_id == r.job_id,
    as: (l, r) =>
        ({l with
            duration_s: if l.duration_s == "" then debug.null(type: "float") else float(v: l.duration_s),
            head_sha: r.head_sha,
            url:
                // Runs of other CIs have negative ids, and no page of GitHub.
                if exists r.run_id and r.run_id >= "0" then
                    server_url + "/" + l.repository + "/actions/runs/" + r.run_id + "/job/" + l.job_id
                else
                    "",
        }),
)
    |> filter(fn: (r) => r.repository != "")
