"""Reads values from GitHub's JSON, which may contain anything: a wrong type is an error or gives the default."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

from etl.errors import DataError

T = TypeVar("T")

# GitHub was founded in 2008; a time outside these bounds is a zero value or an overflow.
_EARLIEST = int(datetime(2008, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
# The stores' and the state's integers have 64 bits.
_LARGEST = 2**63


def seconds(value: Any) -> int | None:
    """Unix seconds of an ISO 8601 time; None for anything that is not a plausible time."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    stamp = int(moment.timestamp())
    return stamp if _EARLIEST <= stamp < _LATEST else None


def iso_time(second: float) -> str:
    """Unix seconds as GitHub writes times."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def required(raw: Any, key: str, kind: type[T]) -> T:
    """A required member; raises DataError if it is missing, has another type, or is out of range."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise DataError(f"{key} is {type(value).__name__}, not {kind.__name__}")
    if isinstance(value, int) and abs(value) >= _LARGEST:
        raise DataError(f"{key} is absurd: {str(value)[:40]}")
    return value


def optional(raw: Any, key: str, kind: type[T], *, default: Any) -> Any:
    """A member of the right type, else the default."""
    value = raw.get(key) if isinstance(raw, Mapping) else None
    fits = isinstance(value, kind) and (kind is bool or not isinstance(value, bool))
    absurd = isinstance(value, int) and abs(value) >= _LARGEST
    return value if fits and not absurd else default
