// All results of the tests that failed in the period.
import "regexp"
import "strings"

results = (which) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "test" and r._field == "job_id" and r.repository =~ repositories
                    and r.outcome =~ which,
        )
names =
    results(which: /^(failed|error)$/)
        |> group(columns: ["test"])
        |> count()
        |> group()
        |> map(fn: (r) => ({name: regexp.quoteMeta(v: r.test)}))
        |> findColumn(fn: (key) => true, column: "name")
// Their names as one expression, which storage can match.
these = regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")
all =
    results(which: /^(failed|error|passed)$/)
        |> filter(fn: (r) => r.test =~ these)
        |> group(columns: ["repository"])
        |> rename(columns: {_value: "job_id", _time: "time"})
        |> group()

all
