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
`influxdb_client.Point`. Points have few forms (a measurement and the names of fields that are present),
so each form has a formatter, compiled once as `dataclasses` compiles `__init__`; and few series, which
keep how they are written. A formatter takes common values only: any other go through `_FIELDS`, which
says what is right.
"""

import math
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Self

from etl.errors import DataError
from etl.memo import Memo
from etl.model.points import Columns, FieldValue, Point, Series
from etl.model.schema import MEASUREMENTS, FieldType

_MAX_KEY: Final = 65_535
# InfluxDB's documented limit on a string; 2.9.1 does not enforce it.
_MAX_STRING: Final = 65_535
# Whole numbers up to here are written without a fraction; above it Python has an exponent.
_WHOLE: Final = 1e16
_INT64: Final = range(-(2**63), 2**63)

_REFUSED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]|\\(?: |$)")
_SPECIAL: Final = re.compile(r"([,= ])")

# A series as it is written, values of fields and time → a line, or None where a value is out of the common.
_Format = Callable[[str, Iterable[FieldValue], int], bytes | None]
# The same of many: series, times, and columns of values.
_ColumnFormat = Callable[[Iterable[str], Iterable[int], Iterable[Iterable[FieldValue]]], list[bytes] | None]


def encode(point: Point) -> bytes:
    """The point as one line without its newline; DataError where line protocol cannot hold it."""
    series, fields, time = point
    try:
        written = series.written or _written(series)
        formatted = _formats[series.measurement, *fields]
        return formatted(written, fields.values(), time) or _uncommon(written, point)
    except UnicodeEncodeError as error:
        raise DataError(f"text is no valid Unicode: {error.reason}") from error


def encode_columns(columns: Columns) -> list[bytes]:
    """A line for each of the points; DataError where line protocol cannot hold one of them."""
    if not columns.series:
        return []
    try:
        written = [series.written or _written(series) for series in columns.series]
        formatted = _column_formats[columns.series[0].measurement, *columns.fields]
        lines = formatted(written, columns.times, columns.fields.values())
    except UnicodeEncodeError as error:
        raise DataError(f"text is no valid Unicode: {error.reason}") from error
    return [encode(point) for point in columns.points()] if lines is None else lines


def _written(series: Series) -> str:
    """Measurement and tags, escaped, which the series keeps; DataError where they are none."""
    measurement, tags = MEASUREMENTS.get(series.measurement), series.tags
    if measurement is None:
        raise DataError(f"no such measurement: {series.measurement!r}")
    if unknown := tags.keys() - set(measurement.tag_names):
        raise DataError(f"{measurement.name} has no tags {sorted(unknown)}")
    written = measurement.name + "".join(
        [f",{name}={_tag_value(value)}" for name, value in sorted(tags.items())]
    )
    # influxd adds the name of a field to the key and holds both to the limit.
    if len(written.encode()) + 4 + max(map(len, measurement.field_types)) > _MAX_KEY:
        raise DataError(f"the tags of a point of {measurement.name} are longer than 64 KiB")
    series.written = written
    return written


def _tag_value(value: str) -> str:
    if not value:
        raise DataError("a tag value is empty")
    refused = _REFUSED.search(value)
    if refused:
        raise DataError(f"line protocol cannot hold {refused.group()!r} in tag value {value[:200]!r}")
    return _SPECIAL.sub(r"\\\1", value)


def _uncommon(series: str, point: Point) -> bytes:
    """A line of any values; DataError for those that it cannot hold."""
    if point.time not in _INT64:
        raise DataError(f"time {point.time} does not fit into 64 bits")
    types = MEASUREMENTS[point.measurement].field_types
    fields = ",".join([_FIELDS[types[name]](name, value) for name, value in sorted(point.fields.items())])
    return f"{series} {fields} {point.time}".encode()


def _written_integer(number: int) -> str:
    """An integer of 64 bits as it is written; nothing for others, which are not common."""
    return f"{number}i" if number in _INT64 else ""


def _written_float(number: float) -> str:
    """A finite number as it is written; nothing for others."""
    if not math.isfinite(number):
        return ""
    # Like influxdb_client: shorter, and quicker to write.
    whole = number.is_integer() and abs(number) < _WHOLE
    return str(int(number)) if whole else repr(number)


# Ids come again with every point of a job; durations are rounded where they are measured.
_integers: Final = Memo(_written_integer, most=16_384)
_floats: Final = Memo(_written_float, most=16_384)


def _integer(name: str, value: FieldValue) -> str:
    if type(value) is not int or value not in _INT64:
        raise DataError(f"{name}={value!r:.200} is no integer of 64 bits")
    return f"{name}={value}i"


def _float(name: str, value: FieldValue) -> str:
    with suppress(OverflowError):
        if not isinstance(value, str | bool) and (written := _floats[float(value)]):
            return f"{name}={written}"
    raise DataError(f"{name}={value!r:.200} is no finite number")


def _string(name: str, value: FieldValue) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise DataError(f"{name} is no string, or holds a NUL character")
    if len(value.encode()) > _MAX_STRING:
        raise DataError(f"{name} is longer than 64 KiB")
    return f'{name}="{_escaped(value)}"'


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"')


_FIELDS: Final = {FieldType.INTEGER: _integer, FieldType.FLOAT: _float, FieldType.STRING: _string}


def _row_format(form: tuple[str, ...]) -> _Format:
    """The formatter of a point of a measurement and fields."""
    code = _Code.of(form)
    lines = [f" {code.names}, = values", *code.changed(" ", "return None"), f" return {code.line}"]
    made: _Format = code.compiled("series, values, time", lines)
    return made


def _column_format(form: tuple[str, ...]) -> _ColumnFormat:
    """The formatter of columns of them."""
    code = _Code.of(form)
    each = f" for series, time, {code.names} in zip(written, times, *columns, strict=True):"
    body = [*code.changed("  ", "return None"), f"  add({code.line})"]
    lines = [" lines = []", " add = lines.append", each, *body, " return lines"]
    made: _ColumnFormat = code.compiled("written, times, columns", lines)
    return made


@dataclass(frozen=True, slots=True)
class _Code:
    """Source of a formatter: of names of the schema, and of nothing from outside."""

    names: str
    common: str
    changes: list[str]
    line: str

    @classmethod
    def of(cls, form: tuple[str, ...]) -> Self:
        """Of a measurement and the names of its fields; DataError where they are none."""
        name, *fields = form
        types = MEASUREMENTS[name].field_types
        if unknown := set(fields) - types.keys():
            raise DataError(f"{name} has no fields {sorted(unknown)}")
        if not fields:
            raise DataError(f"a point of {name} has no field")
        values = {field: f"v{number}" for number, field in enumerate(fields)}
        in_order = [(field, types[field], values[field]) for field in sorted(fields)]
        written = ",".join([field + _WRITTEN[type_].format(value) for field, type_, value in in_order])
        return cls(
            ", ".join(values.values()),
            " and ".join([_COMMON[type_].format(value) for _, type_, value in in_order]),
            [_CHANGES[type_].format(value) for _, type_, value in in_order if type_ in _CHANGES],
            f"f'{{series}} {written} {{time}}'.encode()",
        )

    def changed(self, indent: str, otherwise: str) -> list[str]:
        """Lines that make of values how they are written, or else do otherwise."""
        check = f"{indent}if not ({self.common} and time.bit_length() < 64): {otherwise}"
        return [check, *(indent + change for change in self.changes)]

    def compiled(self, parameters: str, lines: list[str]) -> Any:
        """The function of these lines."""
        names = {"integers": _integers, "floats": _floats, "escaped": _escaped}
        marks = {"quote": '"', "backslash": "\\", "nul": "\0"}
        made: dict[str, Any] = {}
        exec("\n".join([f"def format({parameters}):", *lines]), names | marks, made)  # noqa: S102
        return made["format"]


# By measurement and names of fields: there are few.
_formats: Final = Memo(_row_format, most=4_096)
_column_formats: Final = Memo(_column_format, most=4_096)

# What a common value is, how it becomes what is written, and how it stands in the formatter's f-string.
_COMMON: Final = {
    FieldType.INTEGER: "{0}.__class__ is int and ({0} := integers[{0}])",
    FieldType.FLOAT: "{0}.__class__ is float and ({0} := floats[{0}])",
    FieldType.STRING: "{0}.__class__ is str and len({0}) < 16384 and nul not in {0}",
}
_CHANGES: Final = {FieldType.STRING: "if quote in {0} or backslash in {0}: {0} = escaped({0})"}
_WRITTEN: Final = {
    FieldType.INTEGER: "={{{0}}}",
    FieldType.FLOAT: "={{{0}}}",
    FieldType.STRING: '="{{{0}}}"',
}
