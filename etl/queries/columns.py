"""Columns of answers: their names and types; a name means the same in every question."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any, Final

from etl.model.points import NANOSECONDS
from etl.model.tag_values import EMPTY


class Type(Enum):
    """The type of a column's values, and what an unknown value is."""

    TEXT = auto()  # null where unknown
    OPTIONAL = auto()  # a name, null if empty
    COUNT = auto()  # never null
    INTEGER = auto()  # null where unknown
    NUMBER = auto()  # float of six digits, never null
    MEASURED = auto()  # float of six digits, null where nothing was measured
    TIME = auto()  # ISO 8601, UTC, whole seconds; null where unknown


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer."""

    name: str
    type: Type

    def normalised(self, value: Any) -> Any:
        """The value in the form common to both stores: InfluxDB returns "" for null, and CRLF."""
        if value is None or value == "":
            return {Type.COUNT: 0, Type.NUMBER: 0.0}.get(self.type)
        if self.type is Type.OPTIONAL and value == EMPTY:
            return None
        match self.type:
            case Type.TEXT | Type.OPTIONAL:
                return str(value).replace("\r\n", "\n")
            case Type.COUNT | Type.INTEGER:
                return int(value)
            case Type.TIME:
                return _iso(value)
        return round(float(value), 6)


def _iso(value: datetime | int) -> str:
    """A time with its zone, or Unix nanoseconds, as ISO 8601."""
    moment = datetime.fromtimestamp(value // NANOSECONDS, UTC) if isinstance(value, int) else value
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def of(names: str) -> tuple[Column, ...]:
    """The columns with these names, separated by spaces."""
    return tuple(_COLUMNS[name] for name in names.split())


def _columns(types: Mapping[Type, str]) -> dict[str, Column]:
    return {name: Column(name, type_) for type_, names in types.items() for name in names.split()}


_COLUMNS: Final = _columns(
    {
        Type.OPTIONAL: "suite",
        Type.TEXT: "repository level workflow job job_group test state branch name signature category template message "
        "kind head_branch conclusion since_sha last_before_sha between repaired_sha url failed_url passed_url status "
        "last_good_sha first_bad_sha head_sha event actor path outcome runner measure",
        Type.COUNT: "runs jobs tests success total count failures flakes commits flaky_tests flaky_jobs "
        "requests points rejected passed failed errored skipped flaky count_before jobs_before "
        "failures_before attempt run_id job_id evidence proven sure",
        Type.INTEGER: "rate_limit_remaining outbox",
        Type.NUMBER: "minutes wasted_minutes share flaked_minutes cancelled_minutes repeated_minutes "
        "waiting_minutes cost_minutes",
        Type.MEASURED: "run_success_rate job_success_rate success_rate failure_rate "
        "flake_rate rate_low rate_high score p50_s p95_s p95_s_before queued_p50_s queued_p95_s duration_s mean_s "
        "lag_s hours hours_to_repair mean_hours_to_repair sum_s queued_s probability size low high level_before level_after",
        Type.TIME: "time until since first_seen last_seen last_failure",
    }
)
