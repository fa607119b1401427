r"""Points → InfluxDB's line protocol. Pure functions.

A line is `measurement,tag=value field=value time`: tags sorted by key, time in Unix nanoseconds.
The rules for tag values follow influxd 2.9.1 (`models/points.go`, and measured):

- `,`, `=` and space are escaped with a backslash; a backslash itself cannot be escaped. Before any
  other character it is literal, and before `,` and `=` too: `a\,b` is written `a\\,b` and
  read back unchanged.
- A backslash before a space is refused. The scanner that splits a body into lines skips pairs, so it
  takes the space of `\\ ` as the end of the tags. If a `\\,` or `\\=` follows in any tag of the line,
  it then miscounts, and a newline inside a string ends the line: 400.
- Also refused: an empty value, a backslash at the end, control characters (a newline ends the line,
  whatever precedes it) and a key of measurement and tags above 65,535 bytes.

String fields can contain anything except NUL; `\` and `"` are escaped, newlines are kept.

`line_formatter` writes common values, `_FIELDS` all others; `_FIELDS` defines what is correct.
"""

import re
from contextlib import suppress
from typing import Final

from etl.errors import DataError
from etl.load.line_formatter import INT64, column_formats, escaped, floats, row_formats
from etl.model.points import Columns, FieldValue, Point
from etl.model.schema import MEASUREMENTS, FieldType
from etl.model.series import Series

_MAX_KEY: Final = 65_535
# InfluxDB's documented limit on a string; 2.9.1 does not enforce it.
_MAX_STRING: Final = 65_535

_REFUSED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]|\\(?: |$)")
_SPECIAL: Final = re.compile(r"([,= ])")


def encode(point: Point) -> bytes:
    """The point as one line without its newline; DataError if line protocol cannot represent it."""
    series, fields, time = point
    try:
        written = series.written or _written(series)
        formatted = row_formats[series.measurement, *fields]
        return formatted(written, fields.values(), time) or _uncommon(written, point)
    except UnicodeEncodeError as error:
        raise DataError(f"text is no valid Unicode: {error.reason}") from error


def encode_columns(columns: Columns) -> list[bytes]:
    """A line for each point; DataError if line protocol cannot represent one of them."""
    if not columns.series:
        return []
    try:
        written = [series.written or _written(series) for series in columns.series]
        formatted = column_formats[columns.series[0].measurement, *columns.fields]
        lines = formatted(written, columns.times, columns.fields.values())
    except UnicodeEncodeError as error:
        raise DataError(f"text is no valid Unicode: {error.reason}") from error
    return [encode(point) for point in columns.points()] if lines is None else lines


def _written(series: Series) -> str:
    """Measurement and tags, escaped and cached in the series; DataError if they are invalid."""
    measurement, tags = MEASUREMENTS.get(series.measurement), series.tags
    if measurement is None:
        raise DataError(f"no such measurement: {series.measurement!r}")
    if unknown := tags.keys() - set(measurement.tag_names):
        raise DataError(f"{measurement.name} has no tags {sorted(unknown)}")
    written = measurement.name + "".join(
        [f",{name}={_tag_value(value)}" for name, value in sorted(tags.items())]
    )
    # influxd adds the name of a field to the key and applies the limit to both.
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
    """A line with any values; DataError for those that line protocol cannot represent."""
    if point.time not in INT64:
        raise DataError(f"time {point.time} does not fit into 64 bits")
    types = MEASUREMENTS[point.measurement].field_types
    fields = ",".join([_FIELDS[types[name]](name, value) for name, value in sorted(point.fields.items())])
    return f"{series} {fields} {point.time}".encode()


def _integer(name: str, value: FieldValue) -> str:
    if type(value) is not int or value not in INT64:
        raise DataError(f"{name}={value!r:.200} is no integer of 64 bits")
    return f"{name}={value}i"


def _float(name: str, value: FieldValue) -> str:
    with suppress(OverflowError):
        if not isinstance(value, str | bool) and (written := floats[float(value)]):
            return f"{name}={written}"
    raise DataError(f"{name}={value!r:.200} is no finite number")


def _string(name: str, value: FieldValue) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise DataError(f"{name} is no string, or holds a NUL character")
    if len(value.encode()) > _MAX_STRING:
        raise DataError(f"{name} is longer than 64 KiB")
    return f'{name}="{escaped(value)}"'


_FIELDS: Final = {FieldType.INTEGER: _integer, FieldType.FLOAT: _float, FieldType.STRING: _string}
