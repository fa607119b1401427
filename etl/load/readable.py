"""Measurements in types that people and programs read: real times, durations, numbers and empty names.

Expressions are over the columns of the embedded store's tables. They are generated from the schema, and no
value that a table can hold makes one fail: what has no such time or duration is null. Pure functions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from etl.model.points import NANOSECONDS
from etl.model.schema import Field, FieldType, Meaning, Measurement, Tag
from etl.model.tag_values import EMPTY

TYPES: Final = {FieldType.INTEGER: "BIGINT", FieldType.FLOAT: "DOUBLE", FieldType.STRING: "VARCHAR"}
MOMENT: Final = "TIMESTAMPTZ"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: `sql` is its value as an expression over the measurement's table, of DuckDB's `type`."""

    name: str
    sql: str
    type: str
    doc: str


def columns(measurement: Measurement) -> tuple[Column, ...]:
    """The point's time, tags and fields under their own names; seconds stay numbers."""
    time = Column(
        "time",
        f'to_timestamp("time" // {NANOSECONDS})',
        MOMENT,
        "when the outcome became known, to the second",
    )
    return (time, *map(_of_tag, measurement.tags), *map(_of_field, measurement.fields))


def columns_of_view(measurement: Measurement) -> Iterator[Column]:
    """The same, and after each number of seconds an interval: `duration` after `duration_s`."""
    seconds = {field.name for field in measurement.fields if field.meaning is Meaning.SECONDS}
    for column in columns(measurement):
        yield column
        if column.name in seconds:
            yield Column(
                column.name.removesuffix("_s"),
                f"TRY(to_seconds({column.sql}))",
                "INTERVAL",
                f"`{column.name}` as an interval",
            )


def select(chosen: Iterable[Column], source: str) -> str:
    """A query for these columns of a table, or of a query in parentheses that has its columns."""
    listed = ", ".join(f"{column.sql} AS {quoted(column.name)}" for column in chosen)
    return f"SELECT {listed} FROM {source}"  # noqa: S608


def quoted(name: str) -> str:
    """A name of the schema as an identifier: `between` is one."""
    return f'"{name}"'


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def _of_tag(tag: Tag) -> Column:
    name = quoted(tag.name)
    if tag.is_number:
        return Column(tag.name, f"TRY_CAST({name} AS BIGINT)", "BIGINT", tag.doc)
    return Column(tag.name, f"CASE WHEN {name} = '{EMPTY}' THEN '' ELSE {name} END", "VARCHAR", tag.doc)


def _of_field(field: Field) -> Column:
    name = quoted(field.name)
    match field.meaning:
        case Meaning.MOMENT:
            return Column(field.name, f"TRY(to_timestamp(nullif({name}, 0)))", MOMENT, field.doc)
        case Meaning.FLAG:
            return Column(field.name, f"{name} <> 0", "BOOLEAN", field.doc)
    return Column(field.name, name, TYPES[field.type], field.doc)
