"""Formatters of lines, compiled for speed: the hottest path of the pipeline.

Points have few forms (a measurement and the names of the fields that are present), so each form has a
formatter, compiled once as `dataclasses` compiles `__init__`. It handles only common values and returns
None for any other, which `line_encoder` then writes. `benchmarks/encoding.py` compares this with
`influxdb_client.Point`.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, Self

from etl.errors import DataError
from etl.memo import Memo
from etl.model.points import FieldValue
from etl.model.schema import MEASUREMENTS, FieldType

# Whole numbers up to here are written without a fraction; above, Python writes an exponent.
_WHOLE: Final = 1e16

INT64: Final = range(-(2**63), 2**63)

# A formatted series, field values and a time → a line, or None if a value is not a common one.
_Format = Callable[[str, Iterable[FieldValue], int], bytes | None]

# The same for many points: series, times, and columns of values.
_ColumnFormat = Callable[[Iterable[str], Iterable[int], Iterable[Iterable[FieldValue]]], list[bytes] | None]


def _written_integer(number: int) -> str:
    """A 64-bit integer as text; empty for others, which are not common."""
    return f"{number}i" if number in INT64 else ""


def _written_float(number: float) -> str:
    """A finite number as text; empty for others."""
    if not math.isfinite(number):
        return ""
    # Like influxdb_client: shorter, and faster to write.
    whole = number.is_integer() and abs(number) < _WHOLE
    return str(int(number)) if whole else repr(number)


# Ids repeat in every point of a job, and rounded durations repeat often.
integers: Final = Memo(_written_integer, most=16_384)

floats: Final = Memo(_written_float, most=16_384)


def escaped(value: str) -> str:
    """A string as written between quotation marks."""
    return value.replace("\\", "\\\\").replace('"', '\\"')


def _row_format(form: tuple[str, ...]) -> _Format:
    """The formatter for one point of this measurement with these fields."""
    code = _Code.of(form)
    lines = [f" {code.names}, = values", *code.changed(" ", "return None"), f" return {code.line}"]
    made: _Format = code.compiled("series, values, time", lines)
    return made


def _column_format(form: tuple[str, ...]) -> _ColumnFormat:
    """The formatter for columns of such points."""
    code = _Code.of(form)
    each = f" for series, time, {code.names} in zip(written, times, *columns, strict=True):"
    body = [*code.changed("  ", "return None"), f"  add({code.line})"]
    lines = [" lines = []", " add = lines.append", each, *body, " return lines"]
    made: _ColumnFormat = code.compiled("written, times, columns", lines)
    return made


@dataclass(frozen=True, slots=True)
class _Code:
    """Source code of a formatter: built only from names in the schema, never from input."""

    names: str
    common: str
    changes: list[str]
    line: str

    @classmethod
    def of(cls, form: tuple[str, ...]) -> Self:
        """For a measurement and names of fields; DataError if they are not in the schema."""
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
        """Lines that replace values by their text, or run `otherwise` for uncommon values."""
        check = f"{indent}if not ({self.common} and time.bit_length() < 64): {otherwise}"
        return [check, *(indent + change for change in self.changes)]

    def compiled(self, parameters: str, lines: list[str]) -> Any:
        """The function compiled from these lines."""
        names = {"integers": integers, "floats": floats, "escaped": escaped}
        marks = {"quote": '"', "backslash": "\\", "nul": "\0"}
        made: dict[str, Any] = {}
        exec("\n".join([f"def format({parameters}):", *lines]), names | marks, made)  # noqa: S102
        return made["format"]


# Keyed by measurement and field names, of which there are few combinations.
row_formats: Final = Memo(_row_format, most=4_096)

column_formats: Final = Memo(_column_format, most=4_096)

# How the formatter recognises a common value, converts it to text, and puts it into its f-string.
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
