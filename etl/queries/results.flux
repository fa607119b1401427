// Results of tests that ran, one by one.
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
these_tests = named(names: tests_named)
these_outcomes = named(names: outcomes)
keys = ["repository", "workflow", "job", "job_group", "branch", "suite", "test", "outcome"]
points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "test" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches and r.outcome != "skipped"
                    and r.job =~ these_jobs and r.test =~ these_tests and r.outcome =~ these_outcomes,
        )
        |> group(columns: keys)
        |> toString()

union(tables: [points(field: "job_id"), points(field: "message")])
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
                suite: r.suite,
                test: r.test,
                outcome: r.outcome,
                job_id: int(v: r.job_id),
                message: if exists r.message then r.message else "",
            }),
    )
