"""Formatters of lines, compiled for speed: the hottest path of the pipeline.

Points have few forms (a measurement and the names of the fields that are present), so each form has a
formatter, compiled once as `dataclasses` compiles `__init__`. It takes common values only and says so of
any other, which `line_encoder` writes. `benchmarks/encoding.py` holds this against `influxdb_client.Point`.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from etl.errors import DataError
from etl.memo import Memo
from etl.model.points import FieldValue
from etl.model.schema import MEASUREMENTS, FieldType

# Whole numbers up to here are written without a fraction; above it Python has an exponent.
_WHOLE: Final = 1e16

INT64: Final = range(-(2**63), 2**63)

# A series as it is written, values of fields and time → a line, or None where a value is out of the common.
_Format = Callable[[str, Iterable[FieldValue], int], bytes | None]

# The same of many: series, times, and columns of values.
_ColumnFormat = Callable[[Iterable[str], Iterable[int], Iterable[Iterable[FieldValue]]], list[bytes] | None]


def _written_integer(number: int) -> str:
    """An integer of 64 bits as it is written; nothing for others, which are not common."""
    return f"{number}i" if number in INT64 else ""


def _written_float(number: float) -> str:
    """A finite number as it is written; nothing for others."""
    if not math.isfinite(number):
        return ""
    # Like influxdb_client: shorter, and quicker to write.
    whole = number.is_integer() and abs(number) < _WHOLE
    return str(int(number)) if whole else repr(number)


# Ids come again with every point of a job; durations are rounded where they are measured.
integers: Final = Memo(_written_integer, most=16_384)

floats: Final = Memo(_written_float, most=16_384)


def escaped(value: str) -> str:
    """A string as it stands between quotation marks."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


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
        names = {"integers": integers, "floats": floats, "escaped": escaped}
        marks = {"quote": '"', "backslash": "\\", "nul": "\0"}
        made: dict[str, Any] = {}
        exec("\n".join([f"def format({parameters}):", *lines]), names | marks, made)  # noqa: S102
        return made["format"]


# By measurement and names of fields: there are few.
row_formats: Final = Memo(_row_format, most=4_096)

column_formats: Final = Memo(_column_format, most=4_096)

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
