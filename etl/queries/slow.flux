// What takes the most time: jobs, steps and tests, so many of each.
import "math"
import "regexp"
import "strings"

earlier = time(v: 2 * int(v: start) - int(v: stop))

durations = (measurement, since, until) =>
    from(bucket: bucket)
        |> range(start: since, stop: until)
        |> filter(
            fn: (r) =>
                r._measurement == measurement and r._field == "duration_s" and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches,
        )
jobs = (since, until, names=/.*/) =>
    durations(measurement: "job", since: since, until: until)
        |> filter(fn: (r) => r.conclusion =~ counted and r.job =~ names)
        |> group(columns: ["repository", "workflow", "job"])
steps = (since, until, names=/.*/) =>
    durations(measurement: "step", since: since, until: until)
        |> filter(fn: (r) => r.conclusion =~ counted and r.step =~ names)
        |> group(columns: ["repository", "workflow", "job", "step"])
// No measurement is called "none"; an empty name would have storage look at all of them.
tests = (since, until, names=/.*/) =>
    durations(measurement: if with_tests then "test" else "none", since: since, until: until)
        |> filter(fn: (r) => r.outcome != "skipped" and r.test =~ names)
        |> group(columns: ["repository", "workflow", "job", "suite", "test"])

// The name as it is shown; a step's and a test's within its job.
named = (tables=<-, level) =>
    tables
        |> group()
        |> map(
            fn: (r) =>
                ({
                    repository: r.repository,
                    workflow: r.workflow,
                    job: r.job,
                    level: level,
                    _value: r._value,
                    plain: if level == "job" then r.job else if level == "step" then r.step else r.test,
                    name:
                        if level == "job" then
                            r.job
                        else if level == "step" then
                            r.step
                        else if r.suite == "␛(empty)" then
                            r.test
                        else
                            r.suite + "::" + r.test,
                }),
        )
most = (tables=<-, level) =>
    tables
        |> sum()
        |> named(level: level)
        // A sum of floats depends on their order from the 15th digit on: the rank must not.
        |> map(fn: (r) => ({r with _value: math.round(x: r._value * 1000000.0) / 1000000.0}))
        |> sort(columns: ["_value", "repository", "workflow", "job", "name"], desc: true)
        |> limit(n: most_rows)
column = (tables=<-, name) =>
    tables
        |> set(key: "column", value: name)
        |> keep(columns: ["repository", "level", "workflow", "job", "name", "column", "_value"])
// Percentiles of those alone: their names as one expression, which storage can match.
any = (tables=<-) =>
    regexp.compile(
        v:
            "^(" + strings.joinStr(
                    arr:
                        tables
                            |> map(fn: (r) => ({name: regexp.quoteMeta(v: r.plain)}))
                            |> findColumn(fn: (key) => true, column: "name"),
                    v: "|",
                ) + ")$",
    )

longest_jobs = jobs(since: start, until: stop) |> most(level: "job")
longest_steps = steps(since: start, until: stop) |> most(level: "step")
longest_tests = tests(since: start, until: stop) |> most(level: "test")
these_jobs = longest_jobs |> any()
these_steps = longest_steps |> any()
these_tests = longest_tests |> any()

p = (tables=<-, q, level, name) =>
    tables |> quantile(q: q, method: "exact_mean") |> named(level: level) |> column(name: name)
union(
    tables: [
        longest_jobs |> column(name: "seconds"),
        longest_steps |> column(name: "seconds"),
        longest_tests |> column(name: "seconds"),
        jobs(since: start, until: stop, names: these_jobs) |> p(q: 0.5, level: "job", name: "p50_s"),
        jobs(since: start, until: stop, names: these_jobs) |> p(q: 0.95, level: "job", name: "p95_s"),
        jobs(since: earlier, until: start, names: these_jobs) |> p(q: 0.95, level: "job", name: "p95_s_before"),
        steps(since: start, until: stop, names: these_steps) |> p(q: 0.5, level: "step", name: "p50_s"),
        steps(since: start, until: stop, names: these_steps) |> p(q: 0.95, level: "step", name: "p95_s"),
        steps(since: earlier, until: start, names: these_steps) |> p(q: 0.95, level: "step", name: "p95_s_before"),
        tests(since: start, until: stop, names: these_tests) |> p(q: 0.5, level: "test", name: "p50_s"),
        tests(since: start, until: stop, names: these_tests) |> p(q: 0.95, level: "test", name: "p95_s"),
        tests(since: earlier, until: start, names: these_tests) |> p(q: 0.95, level: "test", name: "p95_s_before"),
    ],
)
    |> pivot(rowKey: ["repository", "level", "workflow", "job", "name"], columnKey: ["column"], valueColumn: "_value")
    |> filter(fn: (r) => exists r.seconds)
    |> map(fn: (r) => ({r with minutes: r.seconds / 60.0}))
