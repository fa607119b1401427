// Tests and jobs with evidence of flaking, the surest first; a failing result counts once.
import "internal/debug"
import "math"
import "regexp"
import "strings"

green = /^(success|passed)$/
before = (since) => time(v: int(v: stop) - int(v: since))

keys = ["repository", "level", "workflow", "job", "suite", "test"]
points = (measurement, field, since) =>
    from(bucket: bucket)
        |> range(start: since, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.branch =~ branches,
        )
flakes = (field) => points(measurement: "flake", field: field, since: start) |> group(columns: keys)
column = (tables=<-, name) =>
    tables
        |> toString()
        |> set(key: "column", value: name)
        |> group()
        |> keep(columns: ["repository", "level", "workflow", "job", "suite", "test", "column", "_value"])
// Evidence of several kinds for one failing result stands at one time.
newest = (tables=<-) => tables |> sort(columns: ["_time", "evidence"]) |> last()
// Runs of other CIs have negative ids, and no page of GitHub.
page = (r, run, job) =>
    if run < "0" then "" else server_url + "/" + r.repository + "/actions/runs/" + run + "/job/" + job
moment = (tables=<-) => tables |> map(fn: (r) => ({r with _value: int(v: r._time)}))

// Only what flaked is counted: its names as one expression, which storage can match.
names = (level, of) =>
    points(measurement: "flake", field: "failed_job_id", since: start)
        |> filter(fn: (r) => r.level == level)
        |> group(columns: [of])
        |> count()
        |> group()
        |> map(fn: (r) => ({name: regexp.quoteMeta(v: if of == "test" then r.test else r.job)}))
        |> findColumn(fn: (key) => true, column: "name")
any = (names) => regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")
tests = any(names: names(level: "test", of: "test"))
jobs = any(names: names(level: "job", of: "job"))
results = (since) =>
    union(
        tables: [
            points(measurement: "test", field: "job_id", since: since)
                |> filter(fn: (r) => r.test =~ tests and r.outcome != "skipped")
                |> group(columns: ["repository", "workflow", "job", "suite", "test", "outcome"])
                |> count()
                |> group()
                |> set(key: "level", value: "test"),
            points(measurement: "job", field: "job_id", since: since)
                |> filter(fn: (r) => r.job =~ jobs and r.conclusion =~ counted)
                |> group(columns: ["repository", "workflow", "job", "conclusion"])
                |> count()
                |> group()
                |> rename(columns: {conclusion: "outcome"})
                |> set(key: "level", value: "job")
                |> set(key: "suite", value: "")
                |> set(key: "test", value: ""),
        ],
    )
recent = results(since: before(since: 7d))

// Tests of jobs without reports are known from annotations: they ran whenever their job did.
flaky_tests =
    flakes(field: "failed_job_id")
        |> filter(fn: (r) => r.level == "test")
        |> count()
        |> group()
        |> keep(columns: keys)
of_tests = (tables=<-) =>
    join(
        tables: {test: flaky_tests, job: tables |> keep(columns: ["repository", "workflow", "job", "_value"])},
        on: ["repository", "workflow", "job"],
    )
executions = (since, conclusions) =>
    points(measurement: "job", field: "job_id", since: since)
        |> filter(fn: (r) => r.conclusion =~ conclusions)
        |> group(columns: ["repository", "workflow", "job"])
        |> count()
        |> group()
        |> of_tests()
longest = if start < before(since: 7d) then start else before(since: 7d)
reports =
    points(measurement: "test_report", field: "job_id", since: longest)
        |> group(columns: ["repository", "workflow", "job"])
        |> count()
        |> group()
        |> of_tests()
total = (tables=<-) => tables |> group(columns: keys) |> sum()

// The lower bound of the Wilson score at 95 %: what the rate is at least, as sure as `n` results can be.
z = 1.959963984540054
wilson = (k, n) =>
    (k / n + z * z / (2.0 * n) - z * math.sqrt(x: k / n * (1.0 - k / n) / n + z * z / (4.0 * n * n))) / (1.0 + z * z
        / n)
nothing = () => debug.null(type: "float")
is_told = (r) => exists r.executions and not exists r.reports
is_broken = (r) =>
    if is_told(r) then
        exists r.recent_executions and not exists r.green_executions
    else
        exists r.recent and not exists r.recent_green
runs = (r) => if is_told(r) then r.executions else if exists r.runs then r.runs else "0"
state = (r) =>
    if is_broken(r) then
        "broken"
    else if time(v: int(v: r.last)) < before(since: 14d) then
        "quiet"
    else
        "flaky"

union(
    tables: [
        flakes(field: "failed_job_id") |> unique(column: "_time") |> count() |> column(name: "flakes"),
        flakes(field: "failed_job_id") |> first() |> moment() |> column(name: "first"),
        flakes(field: "failed_job_id") |> last() |> moment() |> column(name: "last"),
        flakes(field: "failed_run_id") |> newest() |> column(name: "failed_run"),
        flakes(field: "failed_job_id") |> newest() |> column(name: "failed_job"),
        flakes(field: "passed_run_id") |> newest() |> column(name: "passed_run"),
        flakes(field: "passed_job_id") |> newest() |> column(name: "passed_job"),
        flakes(field: "head_sha") |> distinct() |> count() |> column(name: "commits"),
        flakes(field: "wasted_s") |> unique(column: "_time") |> sum() |> column(name: "wasted_s"),
        flakes(field: "message")
            |> filter(fn: (r) => r._value != "")
            |> duplicate(column: "_value", as: "message")
            |> group(columns: ["repository", "level", "workflow", "job", "suite", "test", "message"])
            |> unique(column: "_time")
            |> count()
            |> group(columns: keys)
            |> sort(columns: ["message"])
            |> max()
            |> map(fn: (r) => ({r with _value: r.message}))
            |> column(name: "message"),
        results(since: start) |> total() |> column(name: "runs"),
        recent |> total() |> column(name: "recent"),
        recent |> filter(fn: (r) => r.outcome =~ green) |> total() |> column(name: "recent_green"),
        reports |> column(name: "reports"),
        executions(since: start, conclusions: counted) |> column(name: "executions"),
        executions(since: before(since: 7d), conclusions: counted) |> column(name: "recent_executions"),
        executions(since: before(since: 7d), conclusions: green) |> column(name: "green_executions"),
    ],
)
    |> fill(column: "suite", value: "")
    |> fill(column: "test", value: "")
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.flakes)
    |> map(fn: (r) => ({r with k: float(v: r.flakes), n: float(v: runs(r))}))
    |> map(
        fn: (r) =>
            ({r with
                flakes: int(v: r.k),
                runs: int(v: r.n),
                flake_rate: if r.n < r.k then nothing() else r.k / r.n,
                score: if r.n < r.k then nothing() else wilson(k: r.k, n: r.n),
                commits: int(v: if exists r.commits then r.commits else "0"),
                state: state(r),
                first_seen: time(v: int(v: r.first)),
                last_seen: time(v: int(v: r.last)),
                failed_url: if exists r.failed_run then page(r: r, run: r.failed_run, job: r.failed_job) else "",
                passed_url: if exists r.passed_run then page(r: r, run: r.passed_run, job: r.passed_job) else "",
                wasted_minutes: if exists r.wasted_s then float(v: r.wasted_s) / 60.0 else nothing(),
            }),
    )
