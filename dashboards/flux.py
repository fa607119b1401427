r"""Questions as Grafana asks them: Flux whose head holds Grafana's variables and macros.

Names reach a query as `/^(?:${name:regex})$/` and in no other way. Of Grafana's formats `regex` alone
is safe there: it escapes each of `\ ^ $ * + ? . ( ) | [ ] { } /`, which leaves nothing that could end
a regular expression of Flux, and nothing that Flux would evaluate, as it does `${…}` within strings
(`json`, `doublequote` and `singlequote` let that through, and backslashes too). Several values become
`(a|b)`, and All becomes the variable's own `.*`.

An address sets any variable of a dashboard to any text (9.4 heeds `skipUrlSync` and `options` only when
it writes an address, `processVariable` in actions.ts), so none may be put into a query as it is.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from grafana_foundation_sdk.cog import builder, variants

from etl.queries import question
from etl.queries.question import MATCHERS

# The data source's uid, as in grafana-provisioning/datasources.
SOURCE: Final = "ci-health"
# Variables of every dashboard that names are chosen with; `test` is one of some.
CHOSEN: Final = ("repository", "workflow", "job", "branch")
_ANY: Final = "/.*/"
_SPAN: Final = ("bucket = v.defaultBucket", "start = v.timeRangeStart", "stop = v.timeRangeStop")
# The lengths that a chart's windows can have; any other text that an address holds is a day.
WINDOWS: Final = ("1h", "6h", "1d", "7d")
USUAL_WINDOW: Final = "1d"


class FluxQuery(variants.Dataquery, builder.Builder[variants.Dataquery]):
    """A query of Grafana's InfluxDB data source in Flux; builder and target in one."""

    def __init__(self, query: str, ref_id: str = "A") -> None:
        self.query = query
        self.ref_id = ref_id

    def build(self) -> "FluxQuery":
        """The target, which this is."""
        return self

    def to_json(self) -> dict[str, Any]:
        """The target as a dashboard holds it."""
        source = {"type": "influxdb", "uid": SOURCE}
        return {"datasource": source, "query": self.query, "refId": self.ref_id}


def chosen(name: str) -> str:
    """The expression that matches the values chosen of a variable."""
    return f"/^(?:${{{name}:regex}})$/"


def asked(
    name: str,
    *tail: str,
    names: tuple[str, ...] = CHOSEN,
    matchers: Mapping[str, str] | None = None,
    helpers: tuple[str, ...] = (),
    **options: Any,
) -> str:
    """The Flux of question `name` with the steps of `tail` after it.

    `names` are the variables to match by. `matchers` are expressions for other names; what neither
    tells matches all. `helpers` are functions that the tail calls, `options` are the question's own.
    """
    wanted = question(name)
    expressions = {one: chosen(one) for one in names} | dict(matchers or {})
    matched = [f"{matcher} = {expressions.get(one, _ANY)}" for one, matcher in MATCHERS.items()]
    given = {one: _literal(value) for one, value in (wanted.options or {}).items()}
    if "every" in given:
        given["every"] = _window()
    given |= {one: _literal(value) for one, value in options.items()}
    set_ = [f"{one} = {value}" for one, value in given.items()]
    flux = wanted.flux_after(*_SPAN, *matched, *set_, *helpers)
    return flux + "".join(f"    |> {step}\n" for step in tail)


def _window() -> str:
    """The length of the window that is chosen, looked up among those that there are."""
    known = (f'if "{one}" =~ {chosen("every")} then {one} else ' for one in WINDOWS if one != USUAL_WINDOW)
    return "".join((*known, USUAL_WINDOW))


def _literal(value: Any) -> str:
    """A value of the project's own as Flux; names from CI never pass here."""
    match value:
        case timedelta():
            return f"{value // timedelta(seconds=1)}s"
        case str():
            return f'"{value}"'
        case bool():
            return str(value).lower()
    return str(value)


def of_job() -> str:
    """Of answers by job only those of the jobs that are chosen: of questions that cannot be asked so."""
    return f"filter(fn: (r) => r.job =~ {MATCHERS['job']})"


def shown(columns: str, order: str, *, most: int, desc: bool = True) -> tuple[str, ...]:
    """Steps for a table: these columns, so many rows in the order of some of them."""
    kept = ", ".join(f'"{name}"' for name in columns.split())
    by = ", ".join(f'"{name}"' for name in order.split())
    return (
        "group()",
        f"keep(columns: [{kept}])",
        f"sort(columns: [{by}], desc: {str(desc).lower()})",
        f"limit(n: {most})",
    )


def series(value: str, *labels: str) -> tuple[str, ...]:
    """Steps for a chart over time: a line of `value` for each of what `labels` tell apart."""
    kept = ", ".join(f"{name}: r.{name}" for name in labels)
    by = ", ".join(f'"{name}"' for name in labels)
    return (
        f"map(fn: (r) => ({{_time: r.time, {kept}, _value: r.{value}}}))",
        f"group(columns: [{by}])",
        'sort(columns: ["_time"])',
    )


def summed(value: str, label: str) -> tuple[str, ...]:
    """Steps for a chart over time that adds up all rows of a window; `label` names the line."""
    return (
        f'map(fn: (r) => ({{_time: r.time, {label}: "{value}", _value: r.{value}}}))',
        f'group(columns: ["_time", "{label}"])',
        "sum()",
        f'group(columns: ["{label}"])',
        'sort(columns: ["_time"])',
    )
