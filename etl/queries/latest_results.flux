// The newest results, on each branch, of the tests that failed most often in the period.
import "regexp"
import "strings"

results = () =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "test" and r._field == "job_id" and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
names =
    results()
        |> filter(fn: (r) => r.outcome =~ /^(failed|error)$/)
        |> group(columns: ["test"])
        |> count()
        |> group()
        // The greatest count first, and among equals the first name.
        |> map(fn: (r) => ({test: r.test, rank: 0 - r._value}))
        |> sort(columns: ["rank", "test"])
        |> limit(n: most_tests)
        |> map(fn: (r) => ({name: regexp.quoteMeta(v: r.test)}))
        |> findColumn(fn: (key) => true, column: "name")
// Their names as one expression, which storage can match.
these = regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")

results()
    |> filter(fn: (r) => r.test =~ these)
    |> group(columns: ["repository", "workflow", "job", "branch", "suite", "test"])
    |> sort(columns: ["_time"], desc: true)
    |> limit(n: most_rows)
    |> group()
    |> sort(columns: ["_time", "repository", "workflow", "job", "suite", "test"], desc: true)
    |> limit(n: most_in_all)
    |> rename(columns: {_value: "job_id", _time: "time"})
