// What began before the end of the period and did not end before its start.
import "internal/debug"

// A finding that lasts may have begun long before the period; there are few.
fields = (pattern) =>
    from(bucket: bucket)
        |> range(start: time(v: 0), stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "finding" and r._field =~ pattern and r.repository =~ repositories
                    and r.workflow =~ workflows,
        )
        |> group(columns: ["repository"])
        |> toString()
none = debug.null(type: "time")

union(
    tables: [
        fields(pattern: /^(since|until|evidence|proven|sure|repair_s)$/),
        fields(pattern: /^(probability|size|low|high|level_before|level_after|cost_minutes)$/),
        fields(pattern: /^(finding_id|since_sha|last_before_sha|between|repaired_sha)$/),
    ],
)
    |> group()
    |> pivot(
        rowKey: ["_time", "repository", "kind", "level", "workflow", "job", "suite", "name"],
        columnKey: ["_field"],
        valueColumn: "_value",
    )
    |> filter(
        fn: (r) =>
            int(v: r.since) < int(v: stop) / 1000000000
                and (r.until == "0" or int(v: r.until) >= int(v: start) / 1000000000),
    )
    |> map(
        fn: (r) =>
            ({r with
                since: time(v: int(v: r.since) * 1000000000),
                until: if r.until == "0" then none else time(v: int(v: r.until) * 1000000000),
                hours: if r.repair_s == "0" then "" else string(v: float(v: r.repair_s) / 3600.0),
                url:
                    if r.last_before_sha == "" or r.since_sha == "" then
                        ""
                    else
                        server_url + "/" + r.repository + "/compare/" + r.last_before_sha + "..." + r.since_sha,
            }),
    )
