// How often the most common failures came, by time.
import joins "join"
import "regexp"
import "strings"

points = (field) =>
    from(bucket: bucket)
        |> range(start: start, stop: stop)
        |> filter(
            fn: (r) =>
                r._measurement == "failure" and r._field == field and r.repository =~ repositories
                    and r.workflow =~ workflows and r.job =~ jobs_asked and r.branch =~ branches,
        )
keys = ["repository", "signature"]
most =
    points(field: "message")
        |> group(columns: keys)
        |> count()
        |> group()
        |> sort(columns: ["_value", "repository", "signature"], desc: true)
        |> limit(n: most_rows)
names = most |> findColumn(fn: (key) => true, column: "signature")
these = regexp.compile(v: "^(" + strings.joinStr(arr: names, v: "|") + ")$")
counts =
    points(field: "message")
        |> filter(fn: (r) => r.signature =~ these)
        |> group(columns: keys)
        |> aggregateWindow(every: every, fn: count, createEmpty: false, timeSrc: "_start")
        |> group()
        |> keep(columns: ["_time", "repository", "signature", "_value"])
templates =
    points(field: "template")
        |> filter(fn: (r) => r.signature =~ these)
        |> group(columns: keys)
        |> last()
        |> group()
        |> rename(columns: {_value: "template"})
        |> keep(columns: ["repository", "signature", "template"])

join(tables: {some: most |> keep(columns: keys), count: counts}, on: keys)
    // An empty message has no template.
    |> joins.left(
        right: templates,
        on: (l, r) => l.repository == r.repository and l.signature == r.signature,
        as: (l, r) =>
            ({
                // The first window starts where the range does: its time is where it would have started.
                time: time(v: int(v: l._time) - int(v: l._time) % int(v: every)),
                repository: l.repository,
                signature: l.signature,
                template: r.template,
                count: l._value,
            }),
    )
