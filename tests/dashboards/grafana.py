"""What Grafana does to a query before InfluxDB sees it, as its sources have it.

Variables: formatRegistry.ts and templateSrv.ts (formats `raw`, `regex`, `queryparam`, `percentencode`;
a variable's own All is put in as it is). Macros: macros.go of the InfluxDB data source, which replaces
`v.bucket` and the like wherever they stand, in names too. Provisioned files: `$$` is `$`, and `$NAME` is
taken from the environment.
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


def provisioned(content: Any, environment: Mapping[str, str]) -> Any:
    """A provisioned file's content with variables filled in, in every text of it."""
    if isinstance(content, dict):
        return {key: provisioned(value, environment) for key, value in content.items()}
    if isinstance(content, list):
        return [provisioned(value, environment) for value in content]
    if isinstance(content, str):
        return "$".join(_expanded(part, environment) for part in content.split("$$"))
    return content


def _expanded(text: str, environment: Mapping[str, str]) -> str:
    return re.sub(r"\$(?:\{(\w+)\}|(\w+))", lambda found: environment.get(found[1] or found[2], ""), text)
