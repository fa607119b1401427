// The tests that failed, how often, and what state they are in.
import "internal/debug"
import "math"
import "regexp"
import "strings"

red = /^(failed|error)$/
before = (since) => time(v: int(v: stop) - int(v: since))
earlier = time(v: 2 * int(v: start) - int(v: stop))

keys = ["repository", "workflow", "job", "suite", "test"]
points = (measurement, field, since, until=stop) =>
    from(bucket: bucket)
        |> range(start: since, stop: until)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
failures = () =>
    points(measurement: "test", field: "job_id", since: start)
        |> filter(fn: (r) => r.outcome =~ red)
        |> group(columns: keys)
seconds = (tables=<-) => tables |> map(fn: (r) => ({r with _value: int(v: r._time) / 1000000000}))
column = (tables=<-, name) =>
    tables
        |> toFloat()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "workflow", "job", "suite", "test", "column", "_value"])

// Only tests that failed are looked at: their names as one expression, which storage can match.
names =
    points(measurement: "test", field: "job_id", since: start)
        |> filter(fn: (r) => r.outcome =~ red)
        |> group(columns: ["test"])
        |> count()
        |> group()
        |> map(fn: (r) => ({name: regexp.quoteMeta(v: r.test)}))
        |> findColumn(fn: (key) => true, column: "name")
failed = regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")
results = (field, since) =>
    points(measurement: "test", field: field, since: since)
        |> filter(fn: (r) => r.test =~ failed and r.outcome != "skipped")
recent = () => results(field: "job_id", since: before(since: 7d))
longest = if start < before(since: 7d) then start else before(since: 7d)

// Tests of jobs without reports are known from annotations: they ran whenever their job did.
of_tests = (tables=<-) =>
    join(
        tables: {
            test: failures() |> count() |> group() |> keep(columns: keys),
            job: tables |> keep(columns: ["repository", "workflow", "job", "_value"]),
        },
        on: ["repository", "workflow", "job"],
    )
executions = (since, conclusions) =>
    points(measurement: "job", field: "job_id", since: since)
        |> filter(fn: (r) => r.conclusion =~ conclusions)
        |> group(columns: ["repository", "workflow", "job"])
        |> count()
        |> group()
        |> of_tests()
reports =
    points(measurement: "test_report", field: "job_id", since: longest)
        |> group(columns: ["repository", "workflow", "job"])
        |> count()
        |> group()
        |> of_tests()
succeeded =
    points(measurement: "job", field: "job_id", since: start)
        |> filter(fn: (r) => r.conclusion == "success")
        |> group(columns: ["repository", "workflow", "job"])
        |> last()
        |> seconds()
        |> group()
        |> of_tests()
is_told = (r) => exists r.executions and not exists r.reports
is_broken = (r) =>
    if is_told(r) then
        exists r.recent_executions and not exists r.green_executions
    else
        exists r.recent and not exists r.recent_green
// Whether it passed after its last failure.
passes = (r) =>
    if is_told(r) then
        exists r.succeeded and r.succeeded > r.last
    else
        exists r.passed and r.passed > r.last
is_recent = (r) => int(v: r.last) >= int(v: before(since: 7d)) / 1000000000
runs = (r) => if is_told(r) then r.executions else r.runs
evidence =
    points(measurement: "flake", field: "failed_job_id", since: before(since: 14d))
        |> filter(fn: (r) => r.level == "test" and r.test =~ failed)
union(
    tables: [
        failures() |> count() |> column(name: "failures"),
        points(measurement: "test", field: "job_id", since: earlier, until: start)
            |> filter(fn: (r) => r.test =~ failed and r.outcome =~ red)
            |> group(columns: keys)
            |> count()
            |> column(name: "failures_before"),
        failures() |> last() |> seconds() |> column(name: "last"),
        results(field: "job_id", since: start)
            |> filter(fn: (r) => r.outcome == "passed")
            |> group(columns: keys)
            |> last()
            |> seconds()
            |> column(name: "passed"),
        succeeded |> column(name: "succeeded"),
        results(field: "job_id", since: start) |> group(columns: keys) |> count() |> column(name: "runs"),
        // A sum of floats depends on their order from the 15th digit on: the mean must not.
        results(field: "duration_s", since: start)
            |> group(columns: keys)
            |> sum()
            |> map(fn: (r) => ({r with _value: math.round(x: r._value * 1000000.0) / 1000000.0}))
            |> column(name: "seconds"),
        results(field: "duration_s", since: start) |> group(columns: keys) |> count() |> column(name: "timed"),
        recent() |> group(columns: keys) |> count() |> column(name: "recent"),
        recent()
            |> filter(fn: (r) => r.outcome == "passed")
            |> group(columns: keys)
            |> count()
            |> column(name: "recent_green"),
        reports |> column(name: "reports"),
        executions(since: start, conclusions: counted) |> column(name: "executions"),
        executions(since: before(since: 7d), conclusions: counted) |> column(name: "recent_executions"),
        executions(since: before(since: 7d), conclusions: /^success$/) |> column(name: "green_executions"),
        evidence |> group(columns: keys) |> count() |> column(name: "evidence"),
    ],
)
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.failures)
    |> map(
        fn: (r) =>
            ({r with
                runs: int(v: runs(r)),
                failures: int(v: r.failures),
                failures_before: if exists r.failures_before then int(v: r.failures_before) else 0,
                failure_rate: if runs(r) < r.failures then debug.null(type: "float") else r.failures / runs(r),
                // Where no test has a duration there are no such columns, whose types Flux cannot know.
                mean_s:
                    if exists r.timed then
                        float(v: r.seconds) / float(v: r.timed)
                    else
                        debug.null(type: "float"),
                last_failure: time(v: int(v: r.last) * 1000000000),
                state:
                    if is_broken(r) then
                        "broken"
                    else if exists r.evidence then
                        "flaky"
                    else if passes(r) then
                        "passing"
                    else if is_recent(r) then
                        "failing"
                    else
                        "quiet",
            }),
    )
