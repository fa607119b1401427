"""InfluxDB's line protocol, as `line_encoder` writes it → points. Pure functions."""

import re
from collections.abc import Sequence
from typing import Final

from etl.errors import DataError
from etl.memo import Memo
from etl.model.points import FieldValue, Point, point_of
from etl.model.schema import MEASUREMENTS
from etl.model.series import Series

_ESCAPED: Final = re.compile(r"\\([,= ])")
_QUOTED: Final = re.compile(r'\\(["\\])')

# Possessive quantifiers, so that hostile text causes no backtracking.
_KEY: Final = re.compile(r"((?:[^ \\]++|\\.)++) ")
_TAG: Final = re.compile(r",([a-z_]+)=((?:[^,= \\]++|\\[,= ]|\\)++)")
_FIELD: Final = re.compile(
    r'([a-z_]+)=(?:"((?:[^"\\]++|\\.)*+)"|(-?\d+)i|([^," ]+))([, ])',
    re.DOTALL,
)

_FIELDS_OF: Final = {name: measurement.field_types.keys() for name, measurement in MEASUREMENTS.items()}


def parse(line: bytes) -> Point:
    """The point that `encode` wrote; DataError if the line is invalid."""
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        raise DataError(f"line is no UTF-8: {error}") from error
    key = _KEY.match(text)
    if key is None:
        raise DataError(f"line without fields: {text[:200]!r}")
    series = _known[key.group(1)]
    fields, end = _parsed_fields(series.measurement, text, key.end())
    return point_of((series, fields, _parsed_time(text[end:])))


def time_of(line: bytes) -> int:
    """Unix nanoseconds of a line, without parsing the rest."""
    return _parsed_time(line[line.rfind(b" ") + 1 :].decode("utf-8", "replace"))


def are_newer(lines: Sequence[bytes], oldest: int) -> bool:
    """Whether all lines certainly have this time or a newer one, without parsing numbers.

    Times with nineteen digits (the years 2001 to 2262) sort as text; for any other time the answer is False.
    """
    ends = [line[-20:] for line in lines]
    if b"".join(ends).count(b" ") != len(lines):
        return False
    # Each text then has one space, at its beginning.
    return min(ends, default=b"~") >= b" %019d" % max(0, oldest) and max(ends, default=b"") < b"!"


def _parsed_key(key: str) -> Series:
    measurement = key.partition(",")[0]
    tags, end = {}, len(measurement)
    while tag := _TAG.match(key, end):
        tags[tag.group(1)] = _ESCAPED.sub(r"\1", tag.group(2))
        end = tag.end()
    if end != len(key):
        raise DataError(f"tags cannot be read: {key[end : end + 200]!r}")
    return Series(measurement, tags)


# The same tests repeat in every run.
_known: Final = Memo(_parsed_key, most=16_384, length=len, longest=2_048)


def _parsed_fields(measurement: str, text: str, start: int) -> tuple[dict[str, FieldValue], int]:
    known = _FIELDS_OF.get(measurement)
    if known is None:
        raise DataError(f"no such measurement: {measurement!r}")
    fields: dict[str, FieldValue] = {}
    while field := _FIELD.match(text, start):
        name, string, integer, number, separator = field.groups()
        if string is not None:
            value: FieldValue = _QUOTED.sub(r"\1", string)
        else:
            value = int(integer) if integer is not None else _number(number)
        if name not in known:
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
