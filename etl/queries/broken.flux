// The last break of each workflow, job and test on each branch that lasts or ended in the period, and how long repairs took.
import "internal/debug"

// A break that lasts may have begun long before the period; there are few.
fields = (pattern) =>
    from(bucket: bucket)
        |> range(start: time(v: 0), stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "finding" and r.kind == "broken" and r._field =~ pattern
                    and r.repository =~ repositories and r.workflow =~ workflows and r.branch =~ branches,
        )
        |> group(columns: ["repository"])
        |> toString()
second = 1000000000
first = int(v: start) / second
last = int(v: stop) / second
hour = 3600.0
known = (v) => if exists v then v else ""
number = (v) => if exists v then int(v: v) else 0

keys = ["repository", "level", "workflow", "job", "suite", "test", "branch"]
breaks =
    union(
        tables: [
            fields(pattern: /^(since|until|evidence|repair_s)$/),
            fields(pattern: /^probability$/),
            fields(pattern: /^(since_sha|last_before_sha|between|repaired_sha)$/),
        ],
    )
        |> group()
        // A tag that no break has is no column: a pivot would fail.
        |> map(
            fn: (r) =>
                ({
                    _time: r._time,
                    _field: r._field,
                    _value: r._value,
                    repository: r.repository,
                    level: r.level,
                    workflow: r.workflow,
                    job: known(v: r.job),
                    suite: known(v: r.suite),
                    test: known(v: r.name),
                    branch: known(v: r.branch),
                }),
        )
        |> pivot(rowKey: ["_time", "repository", "level", "workflow", "job", "suite", "test", "branch"], columnKey: ["_field"], valueColumn: "_value")
        |> map(fn: (r) => ({r with began: number(v: r.since), ended: number(v: r.until)}))
        |> filter(fn: (r) => r.began < last and (r.ended == 0 or r.ended >= first))

// Break after break of each: the last one, and what all repairs took.
breaks
    |> group(columns: keys)
    |> sort(columns: ["began", "_time"])
    |> reduce(
        identity: {
            began: 0,
            ended: 0,
            evidence: "",
            probability: "",
            last_good_sha: "",
            first_bad_sha: "",
            between: "",
            repaired_sha: "",
            repair_s: 0,
            repairs: 0,
            repairs_s: 0,
        },
        fn: (r, accumulator) =>
            ({
                began: r.began,
                ended: r.ended,
                evidence: known(v: r.evidence),
                probability: known(v: r.probability),
                last_good_sha: known(v: r.last_before_sha),
                first_bad_sha: known(v: r.since_sha),
                between: known(v: r.between),
                repaired_sha: known(v: r.repaired_sha),
                repair_s: number(v: r.repair_s),
                repairs: accumulator.repairs + (if number(v: r.repair_s) > 0 then 1 else 0),
                repairs_s: accumulator.repairs_s + number(v: r.repair_s),
            }),
    )
    |> group()
    |> map(
        fn: (r) =>
            ({
                repository: r.repository,
                level: r.level,
                workflow: r.workflow,
                job: r.job,
                suite: r.suite,
                test: r.test,
                branch: r.branch,
                evidence: r.evidence,
                probability: r.probability,
                last_good_sha: r.last_good_sha,
                first_bad_sha: r.first_bad_sha,
                between: r.between,
                repaired_sha: r.repaired_sha,
                since: time(v: r.began * second),
                // A null of type time makes influxd fail: nanoseconds instead.
                until: if r.ended == 0 then debug.null(type: "int") else r.ended * second,
                hours:
                    if r.ended == 0 then
                        float(v: int(v: stop) - r.began * second) / float(v: second) / hour
                    else
                        debug.null(type: "float"),
                hours_to_repair:
                    if r.repair_s == 0 then debug.null(type: "float") else float(v: r.repair_s) / hour,
                mean_hours_to_repair:
                    if r.repairs == 0 then
                        debug.null(type: "float")
                    else
                        float(v: r.repairs_s) / float(v: r.repairs) / hour,
                url:
                    if r.first_bad_sha == "" then
                        ""
                    else if r.last_good_sha == "" then
                        server_url + "/" + r.repository + "/commit/" + r.first_bad_sha
                    else
                        server_url + "/" + r.repository + "/compare/" + r.last_good_sha + "..." + r.first_bad_sha,
            }),
    )
