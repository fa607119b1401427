"""What Grafana does to what is provisioned, as its sources have it.

Variables: formatRegistry.ts and templateSrv.ts (formats `raw`, `regex`, `queryparam`, `percentencode`;
a variable's own All is put in as it is). 9.4 keeps them by their `id`, where they have one, else by
their name (`addVariable` in sharedReducer.ts), and an address sets any of them to any text, whatever
its options and `skipUrlSync` (`processVariable` in actions.ts). Macros: macros.go of the InfluxDB data
source, which replaces `v.bucket` and the like wherever they stand, in names too. Provisioned alert
rules: `$$` is `$`, and `$NAME` is taken from the environment, in labels and titles; annotations and the
models of queries are taken as they stand (`mapToModel` in rules_types.go), but that the newest versions
fill in `${NAME}` in annotations (`ValueWithBracedVars`). Dashboards are not expanded at all. Seen in a
running 9.4, built from that source: an expression without data gives one alert of the rule's own name with
the labels `datasource_uid` and `ref_id` and none of the query's, and a template writes `[no value]` for a
label that is not there, in a link `<no value>`, but takes it for false.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

Value = str | list[str]
ALL = "$__all"

_VARIABLE = re.compile(r"\$(\w+)|\[\[(\w+?)(?::(\w+))?\]\]|\${(\w+)(?:\.([^:^}]+))?(?::([^}]+))?}")
_MACRO = re.compile(r"([a-zA-Z]+)\.([a-zA-Z]+)")


def _escaped(value: str) -> str:
    return re.sub(r"[\\^$*+?.()|\[\]{}/]", lambda found: "\\" + found[0], value)


def _regex(_name: str, value: Value) -> str:
    if isinstance(value, str):
        return _escaped(value)
    escaped = [_escaped(one) for one in value]
    return escaped[0] if len(escaped) == 1 else f"({'|'.join(escaped)})"


def _percent(value: str) -> str:
    return quote(value, safe="-_.~")


def _query_parameter(name: str, value: Value) -> str:
    values = [value] if isinstance(value, str) else value
    return "&".join(f"var-{name}={_percent(one)}" for one in values)


def _percent_encoded(_name: str, value: Value) -> str:
    return _percent(value if isinstance(value, str) else "{" + ",".join(value) + "}")


def _raw(_name: str, value: Value) -> str:
    return value if isinstance(value, str) else ",".join(value)


_FORMATS = {
    "regex": _regex,
    "raw": _raw,
    "queryparam": _query_parameter,
    "percentencode": _percent_encoded,
    None: lambda _, value: value if isinstance(value, str) else "{" + ",".join(value) + "}",
}


@dataclass(frozen=True)
class Grafana:
    """A dashboard that is open: what its variables are set to, their own All, the time range, the bucket."""

    values: Mapping[str, Value]
    bucket: str
    start: datetime
    stop: datetime
    all_values: Mapping[str, str]

    def interpolated(self, text: str) -> str:
        """The text as the browser sends it on."""
        return _VARIABLE.sub(self._replaced, text)

    def _replaced(self, found: re.Match[str]) -> str:
        name, format_ = found[1] or found[2] or found[4], found[3] or found[6]
        if name not in self.values:
            return found[0]
        value = self.values[name]
        if value == ALL or (isinstance(value, list) and value[0] == ALL):
            if format_ != "queryparam":
                return self.all_values[name]
            value = ALL
        return _FORMATS[format_](name, value)

    def query(self, text: str) -> str:
        """The query as InfluxDB gets it."""
        flux = self.interpolated(text)
        for found in list(_MACRO.finditer(flux)):
            if (filled := self._macro(found[2])) is not None:
                flux = flux.replace(found[0], filled)
        return flux

    def _macro(self, name: str) -> str | None:
        match name:
            case "timeRangeStart":
                return _time(self.start)
            case "timeRangeStop":
                return _time(self.stop)
            case "windowPeriod":
                return "1h0m0s"
            case "bucket" | "defaultBucket":
                return f'"{self.bucket}"'
            case "organization":
                return '"tests"'
        return None


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def kept(variables: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """A dashboard's variables as 9.4 keeps them: the later of two with one `id` takes the earlier's place."""
    return {variable.get("id") or variable["name"]: variable for variable in variables}


def provisioned(content: Any, environment: Mapping[str, str], *, newest: bool = False) -> Any:
    """A file of alert rules with variables filled in where Grafana, or the newest one, does that."""
    if isinstance(content, dict):
        return {key: _provisioned(key, value, environment, newest) for key, value in content.items()}
    if isinstance(content, list):
        return [provisioned(value, environment, newest=newest) for value in content]
    if isinstance(content, str):
        return "$".join(_expanded(part, environment) for part in content.split("$$"))
    return content


def _provisioned(key: str, value: Any, environment: Mapping[str, str], newest: bool) -> Any:
    if key == "annotations" and newest:
        return {name: re.sub(r"\$\{\w+\}", "", text) for name, text in value.items()}
    return value if key in {"annotations", "model"} else provisioned(value, environment, newest=newest)


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: environment.get(found[1] or found[2], ""), text)
