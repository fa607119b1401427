r"""Points as InfluxDB's line protocol, and back. Pure functions.

A line is `measurement,tag=value field=value time`: tags sorted by key, time in Unix nanoseconds.
What influxd 2.9.1 does with a tag value decides what `encode` refuses (`models/points.go`, and
measured):

- `,`, `=` and space are escaped with a backslash; a backslash itself cannot be escaped. Before any
  other character it stands for itself, and before `,` and `=` too: `a\,b` is written `a\\,b` and
  comes back whole.
- A backslash before a space is refused. The scanner that splits a body into lines passes over pairs,
  so it takes the space of `\\ ` for the end of the tags; where a `\\,` or `\\=` follows in any tag of
  the line, it then miscounts, and a newline inside a string ends the line: 400.
- Refused too: an empty value, a backslash at the end, control characters (a newline ends the line,
  whatever stands before it) and a key of measurement and tags above 65,535 bytes.

String fields hold anything but NUL; `\` and `"` are escaped, newlines stand as they are.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from etl.errors import DataError
from etl.transform.schema import MEASUREMENTS, FieldType, FieldValue, Measurement, Point

_LONGEST_KEY = 65_535
# InfluxDB's documented limit on a string; 2.9.1 does not enforce it.
_LONGEST_STRING = 65_535
_INT64 = range(-(2**63), 2**63)

_REFUSED: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]|\\(?: |$)")
_SPECIAL: Final = re.compile(r"([,= ])")
_ESCAPED: Final = re.compile(r"\\([,= ])")
_QUOTED: Final = re.compile(r'\\(["\\])')

# Possessive, so that hostile text costs no backtracking.
_KEY: Final = re.compile(r"((?:[^ \\]++|\\.)++) ")
_TAG: Final = re.compile(r",([a-z_]+)=((?:[^,= \\]++|\\[,= ]|\\)++)")
_FIELD: Final = re.compile(
    r'([a-z_]+)=(?:"((?:[^"\\]++|\\.)*+)"|(-?\d+)i|([^," ]+))([, ])',
    re.DOTALL,
)


def encode(point: Point) -> bytes:
    """The point as one line without its newline; DataError where line protocol cannot hold it."""
    shape = _shape(point.measurement)
    tags, writers = point.tags, shape.writers
    present = [prefix + _tag_value(tags[name]) for name, prefix in shape.tags if name in tags]
    if len(present) != len(tags):
        raise DataError(f"{point.measurement} has no tags {sorted(tags.keys() - dict(shape.tags).keys())}")
    if not point.fields:
        raise DataError(f"a point of {point.measurement} has no field")
    if point.time not in _INT64:
        raise DataError(f"time {point.time} does not fit into 64 bits")
    fields = ",".join([writers.get(name, _unknown)(name, value) for name, value in point.fields.items()])
    key = _utf8(point.measurement + "".join(present))
    # influxd adds the name of a field to the key and holds both to the limit.
    if len(key) + 4 + max(map(len, point.fields)) > _LONGEST_KEY:
        raise DataError(f"the tags of a point of {point.measurement} are longer than 64 KiB")
    return b"%b %b %d" % (key, _utf8(fields), point.time)


def parse(line: bytes) -> Point:
    """The point that `encode` wrote; DataError where the line is none."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"line is no UTF-8: {error}") from error
    key = _KEY.match(text)
    if key is None:
        raise DataError(f"line without fields: {text[:200]!r}")
    measurement, tags = _parsed_key(key.group(1))
    fields, end = _parsed_fields(_shape(measurement), text, key.end())
    return Point(measurement, dict(tags), fields, _parsed_time(text[end:]))


def time_of(line: bytes) -> int:
    """Unix nanoseconds of a line, without parsing the rest."""
    return _parsed_time(line[line.rfind(b" ") + 1 :].decode("utf-8", "replace"))


def _shape(measurement: str) -> "_Shape":
    shape = _SHAPES.get(measurement)
    if shape is None:
        raise DataError(f"no such measurement: {measurement!r}")
    return shape


# The same names come again and again.
@lru_cache(maxsize=16_384)
def _tag_value(value: str) -> str:
    if not value:
        raise DataError("a tag value is empty")
    refused = _REFUSED.search(value)
    if refused:
        raise DataError(f"line protocol cannot hold {refused.group()!r} in tag value {value[:200]!r}")
    return _SPECIAL.sub(r"\\\1", value)


def _integer(name: str, value: FieldValue) -> str:
    if type(value) is not int or value not in _INT64:
        raise DataError(f"{name}={value!r:.200} is no integer of 64 bits")
    return f"{name}={value}i"


def _float(name: str, value: FieldValue) -> str:
    if isinstance(value, str | bool) or not math.isfinite(value):
        raise DataError(f"{name}={value!r:.200} is no finite number")
    return f"{name}={float(value)!r}"


def _string(name: str, value: FieldValue) -> str:
    if not isinstance(value, str) or "\0" in value:
        raise DataError(f"{name} is no string, or holds a NUL character")
    if len(value) * 4 > _LONGEST_STRING and len(_utf8(value)) > _LONGEST_STRING:
        raise DataError(f"{name} is longer than 64 KiB")
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'{name}="{escaped}"'


def _unknown(name: str, value: FieldValue) -> str:
    raise DataError(f"no such field: {name}={value!r:.200}")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise DataError(f"text is no valid Unicode: {error.reason}") from error


@lru_cache(maxsize=16_384)
def _parsed_key(key: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    measurement = key.partition(",")[0]
    tags, end = [], len(measurement)
    while tag := _TAG.match(key, end):
        tags.append((tag.group(1), _ESCAPED.sub(r"\1", tag.group(2))))
        end = tag.end()
    if end != len(key):
        raise DataError(f"tags cannot be read: {key[end : end + 200]!r}")
    return measurement, tuple(tags)


def _parsed_fields(shape: "_Shape", text: str, start: int) -> tuple[dict[str, FieldValue], int]:
    fields: dict[str, FieldValue] = {}
    while field := _FIELD.match(text, start):
        name, string, integer, number, separator = field.groups()
        if string is not None:
            value: FieldValue = _QUOTED.sub(r"\1", string)
        else:
            value = int(integer) if integer is not None else _number(number)
        if name not in shape.writers:
            raise DataError(f"no such field: {name}")
        fields[name] = value
        start = field.end()
        if separator == " ":
            return fields, start
    raise DataError(f"fields cannot be read: {text[start : start + 200]!r}")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise DataError(f"no number: {text[:200]!r}") from error


def _parsed_time(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise DataError(f"no time in nanoseconds: {text[:200]!r}") from error


_WRITERS: Final = {FieldType.INTEGER: _integer, FieldType.FLOAT: _float, FieldType.STRING: _string}


@dataclass(frozen=True, slots=True)
class _Shape:
    """A measurement, prepared: tags sorted, with what stands before each value; fields' writers."""

    tags: tuple[tuple[str, str], ...]
    writers: dict[str, Callable[[str, FieldValue], str]]

    @classmethod
    def of(cls, measurement: Measurement) -> "_Shape":
        tags = tuple((name, f",{name}=") for name in sorted(measurement.tag_names))
        return cls(tags, {name: _WRITERS[type_] for name, type_ in measurement.field_types.items()})


_SHAPES: Final = {name: _Shape.of(measurement) for name, measurement in MEASUREMENTS.items()}
