// Findings of `kinds` (joined by `|`; empty: all) that overlap the period, or with `only_new` began in it and last at its end.
import "internal/debug"

kinds_asked = regexp.compile(v: if kinds == "" then "" else "^(" + kinds + ")$")

// A finding that lasts may have begun long before the period; there are few.
fields = (pattern) =>
    from(bucket: bucket)
        |> range(start: time(v: 0), stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "finding" and r._field =~ pattern and r.repository =~ repositories
                    and r.workflow =~ workflows and r.kind =~ kinds_asked,
        )
        |> group(columns: ["repository"])
        |> toString()
first = int(v: start) / 1000000000
last = int(v: stop) / 1000000000
since_at_least = if only_new then first else 0
until_at_least = if only_new then last else first
// A null of type time makes influxd fail: nanoseconds instead.
nothing = () => debug.null(type: "int")

union(
    tables: [
        fields(pattern: /^(since|until|evidence|proven|sure|repair_s)$/),
        fields(pattern: /^(probability|size|low|high|level_before|level_after|cost_minutes)$/),
        fields(pattern: /^(finding_id|since_sha|last_before_sha|between|repaired_sha)$/),
    ],
)
    |> group()
    // A tag that no finding has is no column: a pivot would fail.
    |> map(
        fn: (r) =>
            ({r with
                job: if exists r.job then r.job else "",
                suite: if exists r.suite then r.suite else "",
                name: if exists r.name then r.name else "",
                branch: if exists r.branch then r.branch else "",
            }),
    )
    |> pivot(
        rowKey: ["_time", "repository", "kind", "level", "workflow", "job", "suite", "name", "branch"],
        columnKey: ["_field"],
        valueColumn: "_value",
    )
    |> filter(fn: (r) => r.job =~ jobs_asked)
    |> map(
        fn: (r) =>
            ({r with
                began: if exists r.since then int(v: r.since) else 0,
                ended: if exists r.until then int(v: r.until) else 0,
                repair: if exists r.repair_s then float(v: r.repair_s) else 0.0,
                good: if exists r.last_before_sha then r.last_before_sha else "",
                bad: if exists r.since_sha then r.since_sha else "",
            }),
    )
    |> filter(
        fn: (r) =>
            r.began >= since_at_least and r.began < last and (r.ended == 0 or r.ended >= until_at_least),
    )
    |> map(
        fn: (r) =>
            ({r with
                since: time(v: r.began * 1000000000),
                until: if r.ended == 0 then nothing() else r.ended * 1000000000,
                hours: if r.repair == 0.0 then "" else string(v: r.repair / 3600.0),
                url:
                    if r.good == "" or r.bad == "" then
                        ""
                    else
                        server_url + "/" + r.repository + "/compare/" + r.good + "..." + r.bad,
            }),
    )
