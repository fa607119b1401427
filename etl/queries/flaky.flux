// Tests and jobs with evidence of flaking or suspected by their history, the surest first; a failing result counts once.
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

second = 1000000000
// A finding that lasts may have begun long before the period; there are few.
fields = (pattern) =>
    from(bucket: bucket)
        |> range(start: time(v: 0), stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "finding" and r.kind == "flaky" and r._field =~ pattern and r.level =~ /^(test|job)$/
                    and r.repository =~ repositories and r.workflow =~ workflows,
        )
        |> group(columns: ["repository"])
        |> toString()
// The newest finding of each: it lasts, or ended in the period. It rests on all results, of all branches.
found =
    union(tables: [fields(pattern: /^(since|until|evidence|proven)$/), fields(pattern: /^(probability|size|low|high)$/)])
        |> group()
        |> map(
            fn: (r) =>
                ({
                    _time: r._time,
                    _field: r._field,
                    _value: r._value,
                    repository: r.repository,
                    level: r.level,
                    workflow: r.workflow,
                    job: if exists r.job then r.job else "",
                    suite: if exists r.suite then r.suite else "",
                    test: if exists r.name then r.name else "",
                }),
        )
        |> pivot(
            rowKey: ["_time", "repository", "level", "workflow", "job", "suite", "test"],
            columnKey: ["_field"],
            valueColumn: "_value",
        )
        |> filter(
            fn: (r) =>
                int(v: r.since) < int(v: stop) / second
                    and (r.until == "0" or int(v: r.until) >= int(v: start) / second),
        )
        |> group(columns: keys)
        |> sort(columns: ["_time"])
        |> last(column: "since")
        |> group()
suspected = found |> filter(fn: (r) => r.proven == "0")
of_found = (name, of) =>
    found
        |> map(
            fn: (r) =>
                ({
                    repository: r.repository,
                    level: r.level,
                    workflow: r.workflow,
                    job: r.job,
                    suite: r.suite,
                    test: r.test,
                    column: name,
                    _value: of(r: r),
                }),
        )

// Only what flaked is counted: its names as one expression, which storage can match.
names = (level, of) =>
    union(
        tables: [
            points(measurement: "flake", field: "failed_job_id", since: start)
                |> filter(fn: (r) => r.level == level)
                |> group(columns: [of])
                |> count()
                |> group()
                |> map(fn: (r) => ({name: regexp.quoteMeta(v: if of == "test" then r.test else r.job)})),
            suspected
                |> filter(fn: (r) => r.level == level)
                |> map(fn: (r) => ({name: regexp.quoteMeta(v: if of == "test" then r.test else r.job)})),
        ],
    )
        |> group()
        |> findColumn(fn: (key) => true, column: "name")
any = (names) => regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")
tests = any(names: names(level: "test", of: "test"))
jobs = any(names: names(level: "job", of: "job"))
of_test = (tables=<-) => tables |> set(key: "level", value: "test")
of_job = (tables=<-) =>
    tables
        |> set(key: "level", value: "job")
        |> set(key: "suite", value: "")
        |> set(key: "test", value: "")
results = (since) =>
    union(
        tables: [
            points(measurement: "test", field: "job_id", since: since)
                |> filter(fn: (r) => r.test =~ tests and r.outcome != "skipped")
                |> group(columns: ["repository", "workflow", "job", "suite", "test", "outcome"])
                |> count()
                |> group()
                |> of_test(),
            points(measurement: "job", field: "job_id", since: since)
                |> filter(fn: (r) => r.job =~ jobs and r.conclusion =~ counted)
                |> group(columns: ["repository", "workflow", "job", "conclusion"])
                |> count()
                |> group()
                |> rename(columns: {conclusion: "outcome"})
                |> of_job(),
        ],
    )
recent = results(since: before(since: 7d))
failing = (field) =>
    points(measurement: "test", field: field, since: start)
        |> filter(fn: (r) => r.test =~ tests and r.outcome =~ /^(failed|error)$/)
        |> group(columns: ["repository", "workflow", "job", "suite", "test"])
failing_jobs = () =>
    points(measurement: "job", field: "job_id", since: start)
        |> filter(fn: (r) => r.job =~ jobs and r.conclusion =~ counted and r.conclusion !~ green)
        |> group(columns: ["repository", "workflow", "job"])

// Tests of jobs without reports are known from annotations: they ran whenever their job did.
named = (tables=<-) =>
    tables |> map(fn: (r) => ({repository: r.repository, level: r.level, workflow: r.workflow, job: r.job, suite: r.suite, test: r.test, _value: 1}))
flaky_tests =
    union(
        tables: [
            flakes(field: "failed_job_id") |> filter(fn: (r) => r.level == "test") |> count() |> group() |> named(),
            suspected |> filter(fn: (r) => r.level == "test") |> named(),
        ],
    )
        |> group(columns: keys)
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

// The bounds of the Wilson score at 95 %: where the rate `p` is, as sure as `n` results can be.
z = 1.959963984540054
wilson = (p, n, side) =>
    (p + z * z / (2.0 * n) + side * z * math.sqrt(x: p * (1.0 - p) / n + z * z / (4.0 * n * n))) / (1.0 + z * z / n)
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
    else if r.is_found and r.found_until == "0" then
        "flaky"
    else if r.is_proven and time(v: r.seen_last) >= before(since: 14d) then
        "flaky"
    else
        "quiet"
failures = (r) => if exists r.failures then int(v: r.failures) else 0
likely = (r) => if failures(r) < int(v: r.found_evidence) then failures(r) else int(v: r.found_evidence)
first_of = (r) => if exists r.first then int(v: r.first) else int(v: r.found_since) * second
last_of = (r) =>
    if exists r.last then
        int(v: r.last)
    else if exists r.last_failure then
        int(v: r.last_failure)
    else
        int(v: r.found_since) * second
message = (r) =>
    if r.is_proven then
        (if exists r.message then r.message else "")
    else if exists r.last_message then
        r.last_message
    else
        ""

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
        results(since: start) |> filter(fn: (r) => r.outcome !~ green) |> total() |> column(name: "failures"),
        failing(field: "job_id") |> last() |> moment() |> of_test() |> column(name: "last_failure"),
        failing(field: "message") |> last() |> of_test() |> column(name: "last_message"),
        failing_jobs() |> last() |> moment() |> of_job() |> column(name: "last_failure"),
        of_found(name: "found_proven", of: (r) => r.proven),
        of_found(name: "found_since", of: (r) => r.since),
        of_found(name: "found_until", of: (r) => r.until),
        of_found(name: "found_evidence", of: (r) => r.evidence),
        of_found(name: "found_probability", of: (r) => r.probability),
        of_found(name: "found_size", of: (r) => r.size),
        of_found(name: "found_low", of: (r) => r.low),
        of_found(name: "found_high", of: (r) => r.high),
        reports |> column(name: "reports"),
        executions(since: start, conclusions: counted) |> column(name: "executions"),
        executions(since: before(since: 7d), conclusions: counted) |> column(name: "recent_executions"),
        executions(since: before(since: 7d), conclusions: green) |> column(name: "green_executions"),
    ],
)
    |> fill(column: "suite", value: "")
    |> fill(column: "test", value: "")
    |> pivot(rowKey: keys, columnKey: ["column"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.flakes or exists r.found_proven and r.found_proven == "0")
    |> map(
        fn: (r) =>
            ({r with
                is_proven: exists r.flakes,
                is_found: exists r.found_size,
                k: if exists r.flakes then int(v: r.flakes) else likely(r),
                n: float(v: runs(r)),
                seen_last: last_of(r),
            }),
    )
    |> map(
        fn: (r) =>
            ({r with
                rate:
                    if r.is_found then
                        float(v: r.found_size)
                    else if r.n >= float(v: r.k) then
                        float(v: r.k) / r.n
                    else
                        nothing(),
                is_rated: r.n > 0.0 and (r.is_found or r.n >= float(v: r.k)),
            }),
    )
    |> map(
        fn: (r) =>
            ({r with
                evidence: if r.is_proven then "proven" else "suspected",
                probability: if r.is_proven then 1.0 else float(v: r.found_probability),
                flakes: r.k,
                runs: int(v: r.n),
                flake_rate: r.rate,
                rate_low:
                    if r.is_found then
                        float(v: r.found_low)
                    else if r.is_rated then
                        wilson(p: r.rate, n: r.n, side: -1.0)
                    else
                        nothing(),
                rate_high:
                    if r.is_found then
                        float(v: r.found_high)
                    else if r.is_rated then
                        wilson(p: r.rate, n: r.n, side: 1.0)
                    else
                        nothing(),
                score: if r.is_rated then wilson(p: r.rate, n: r.n, side: -1.0) else nothing(),
                commits: int(v: if exists r.commits then r.commits else "0"),
                state: state(r),
                first_seen: time(v: first_of(r)),
                last_seen: time(v: r.seen_last),
                message: message(r),
                failed_url: if exists r.failed_run then page(r: r, run: r.failed_run, job: r.failed_job) else "",
                passed_url: if exists r.passed_run then page(r: r, run: r.passed_run, job: r.passed_job) else "",
                wasted_minutes: if exists r.wasted_s then float(v: r.wasted_s) / 60.0 else nothing(),
            }),
    )
