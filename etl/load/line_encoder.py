r"""Points → InfluxDB's line protocol. Pure functions.

A line is `measurement,tag=value field=value time`: tags sorted by key, time in Unix nanoseconds.
What influxd 2.9.1 does with a tag value decides what is refused (`models/points.go`, and measured):

- `,`, `=` and space are escaped with a backslash; a backslash itself cannot be escaped. Before any
  other character it stands for itself, and before `,` and `=` too: `a\,b` is written `a\\,b` and
  comes back whole.
- A backslash before a space is refused. The scanner that splits a body into lines passes over pairs,
  so it takes the space of `\\ ` for the end of the tags; where a `\\,` or `\\=` follows in any tag of
  the line, it then miscounts, and a newline inside a string ends the line: 400.
- Refused too: an empty value, a backslash at the end, control characters (a newline ends the line,
  whatever stands before it) and a key of measurement and tags above 65,535 bytes.

String fields hold anything but NUL; `\` and `"` are escaped, newlines stand as they are.

This is the hottest path of the pipeline: `benchmarks/encoding.py` holds it against
`influxdb_client.Point`. Points have few forms (a measurement and the names that are present), so each
form has a formatter, compiled once as `dataclasses` compiles `__init__`; and few series, so the escaped
tags are kept. Durations are rounded where they are measured, so the same numbers come again: they are
kept as they are written. A formatter takes common values only: any other go through `_FIELDS`, which
says what is right.
"""

import math
import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from typing import Final

from etl.errors import DataError
from etl.transform.schema import MEASUREMENTS, FieldType, FieldValue, Point

_LONGEST_KEY: Final = 65_535
# InfluxDB's documented limit on a string; 2.9.1 does not enforce it.
_LONGEST_STRING: Final = 65_535
# Whole numbers up to here are written without a fraction; above it Python has an exponent.
_WHOLE: Final = 1e16
_INT64: Final = range(-(2**63), 2**63)

_REFUSED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]|\\(?: |$)")
_SPECIAL: Final = re.compile(r"([,= ])")

# Series and values of fields → a line, or None where a value is out of the common.
_Format = Callable[[bytes, Iterable[FieldValue], int], bytes | None]

# The same tests come again and again: their series, and how their fields are written. By measurement,
# number of tags, their names, their values, and names of fields.
_Form = tuple[object, ...]
_known: Final[dict[_Form, tuple[bytes, _Format]]] = {}
_MOST_KNOWN: Final = 32_768


def encode(point: Point) -> bytes:
    """The point as one line without its newline; DataError where line protocol cannot hold it."""
    measurement, tags, fields, time = point
    form = (measurement, len(tags), *tags, *tags.values(), *fields)
    try:
        series, formatted = _known.get(form) or _learned(form, point)
        return formatted(series, fields.values(), time) or _uncommon(series, point)
    except UnicodeEncodeError as error:
        raise DataError(f"text is no valid Unicode: {error.reason}") from error


def _learned(form: _Form, point: Point) -> tuple[bytes, _Format]:
    """Series and format of a point, which are kept."""
    if len(_known) >= _MOST_KNOWN:
        _known.clear()
    learned = _known[form] = _series(point), _compiled(point.measurement, (*point.fields,))
    return learned


def _series(point: Point) -> bytes:
    """Measurement and tags, escaped; DataError where they are none."""
    measurement = MEASUREMENTS.get(point.measurement)
    if measurement is None:
        raise DataError(f"no such measurement: {point.measurement!r}")
    if unknown := point.tags.keys() - set(measurement.tag_names):
        raise DataError(f"{point.measurement} has no tags {sorted(unknown)}")
    if unknown := point.fields.keys() - measurement.field_types.keys():
        raise DataError(f"{point.measurement} has no fields {sorted(unknown)}")
    if not point.fields:
        raise DataError(f"a point of {point.measurement} has no field")
    tags = [f",{name}={_tag_value(value)}" for name, value in sorted(point.tags.items())]
    series = (point.measurement + "".join(tags)).encode()
    # influxd adds the name of a field to the key and holds both to the limit.
    if len(series) + 4 + max(map(len, point.fields)) > _LONGEST_KEY:
        raise DataError(f"the tags of a point of {point.measurement} are longer than 64 KiB")
    return series


@lru_cache(maxsize=16_384)
def _tag_value(value: str) -> str:
    if not value:
        raise DataError("a tag value is empty")
    refused = _REFUSED.search(value)
    if refused:
        raise DataError(f"line protocol cannot hold {refused.group()!r} in tag value {value[:200]!r}")
    return _SPECIAL.sub(r"\\\1", value)


def _uncommon(series: bytes, point: Point) -> bytes:
    """A line of any values; DataError for those that it cannot hold."""
    if point.time not in _INT64:
        raise DataError(f"time {point.time} does not fit into 64 bits")
    types = MEASUREMENTS[point.measurement].field_types
    fields = ",".join([_FIELDS[types[name]](name, value) for name, value in sorted(point.fields.items())])
    return series + f" {fields} {point.time}".encode()


class _Numbers(dict[float, str]):
    """Finite numbers as they are written, kept; nothing for others, which are not common."""

    def __missing__(self, number: float) -> str:
        if not math.isfinite(number):
            return ""
        if len(self) >= _MOST_NUMBERS:
            self.clear()
        # Like influxdb_client: shorter, and quicker to write.
        whole = number.is_integer() and abs(number) < _WHOLE
        written = self[number] = str(int(number)) if whole else repr(number)
        return written


_numbers: Final = _Numbers()
_MOST_NUMBERS: Final = 16_384


def _integer(name: str, value: FieldValue) -> str:
    if type(value) is not int or value not in _INT64:
        raise DataError(f"{name}={value!r:.200} is no integer of 64 bits")
    return f"{name}={value}i"


def _float(name: str, value: FieldValue) -> str:
    if isinstance(value, str | bool) or not math.isfinite(value):
        raise DataError(f"{name}={value!r:.200} is no finite number")
    return f"{name}={_numbers[float(value)]}"


def _string(name: str, value: FieldValue) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise DataError(f"{name} is no string, or holds a NUL character")
    if len(value.encode()) > _LONGEST_STRING:
        raise DataError(f"{name} is longer than 64 KiB")
    return f'{name}="{_escaped(value)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


_FIELDS: Final = {FieldType.INTEGER: _integer, FieldType.FLOAT: _float, FieldType.STRING: _string}


@cache
def _compiled(measurement: str, fields: tuple[str, ...]) -> _Format:
    """The formatter of fields of a measurement; its source has names of the schema and nothing from outside."""
    values = {name: f"v{number}" for number, name in enumerate(fields)}
    types = [(name, MEASUREMENTS[measurement].field_types[name]) for name in sorted(fields)]
    common = " and ".join([_COMMON[type_].format(values[name]) for name, type_ in types])
    changes = [_CHANGES[type_].format(values[name]) for name, type_ in types if type_ in _CHANGES]
    written = ",".join([name + _WRITTEN[type_].format(values[name]) for name, type_ in types])
    source = [
        "def format(series, values, time):",
        f" {', '.join(values.values())}, = values",
        f" if not ({common} and time.bit_length() < 64): return None",
        *changes,
        f" return series + f' {written} {{time}}'.encode()",
    ]
    names = {"numbers": _numbers, "escaped": _escaped, "quote": '"', "backslash": "\\", "nul": "\0"}
    exec("\n".join(source), names)  # noqa: S102
    return names["format"]  # type: ignore[return-value]


# What a common value is, what becomes of it (of a number already there), and how it stands in the formatter's f-string.
_COMMON: Final = {
    FieldType.INTEGER: "{0}.__class__ is int and {0}.bit_length() < 64",
    FieldType.FLOAT: "{0}.__class__ is float and ({0} := numbers[{0}])",
    FieldType.STRING: "{0}.__class__ is str and len({0}) < 16384 and nul not in {0}",
}
_CHANGES: Final = {FieldType.STRING: " if quote in {0} or backslash in {0}: {0} = escaped({0})"}
_WRITTEN: Final = {
    FieldType.INTEGER: "={{{0}}}i",
    FieldType.FLOAT: "={{{0}}}",
    FieldType.STRING: '="{{{0}}}"',
}
