"""A measurement from InfluxDB as a Parquet file like the embedded store's.

InfluxDB streams one value a row, and DuckDB puts the values of each point together: InfluxDB's own `pivot`
would hold all of them in its memory. Each query is for a part of the period, so that no answer takes too long.
"""

import json
import tempfile
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import duckdb

from etl.load.duckdb_tables import stored
from etl.load.parquet import copy, json_lines
from etl.load.readable import columns, quoted, select
from etl.load.store import Slice
from etl.model.schema import FieldType, Measurement

_FLUX: Final = """
from(bucket: bucket)
    |> range(start: start, stop: stop)
    |> filter(fn: (r) => r._measurement == measurement{conditions})
    |> drop(columns: ["_start", "_stop", "_measurement"])
    |> map(fn: (r) => ({{r with _time: int(v: r._time)}}))
"""
# An answer of this many values takes seconds.
_MANY: Final = 100_000
_FIRST_SPAN: Final = timedelta(hours=6)
_LONGEST_SPAN: Final = timedelta(days=64)


async def export(query_api: Any, bucket: str, wanted: Slice, file: Path) -> None:
    """Write the points to `file`; errors are those of InfluxDB's client."""
    with tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8") as lines:
        start, span = wanted.start, _FIRST_SPAN
        while start < wanted.stop:
            stop, values = min(start + span, wanted.stop), 0
            parameters = {"bucket": bucket, "start": start, "stop": stop, **_parameters(wanted)}
            async for record in await query_api.query_stream(_flux(wanted), params=parameters):
                lines.write(json.dumps(_line(record.values, wanted.measurement)) + "\n")
                values += 1
            start, span = stop, next_span(span, values)
        lines.flush()
        _merge(wanted.measurement, Path(lines.name), file)


def _flux(wanted: Slice) -> str:
    return _FLUX.format(conditions="".join(f" and r.{tag} == asked_{tag}" for tag in wanted.tags))


def _parameters(wanted: Slice) -> dict[str, str]:
    # Tags have prefixed names, for `test` and others could be words of the language.
    return {
        "measurement": wanted.measurement.name,
        **{f"asked_{tag}": value for tag, value in wanted.tags.items()},
    }


def next_span(span: timedelta, values: int) -> timedelta:
    """How much to ask for next, after this much had so many values."""
    if values > _MANY:
        return span / 2
    return min(span * 2, _LONGEST_SPAN) if values < _MANY // 4 else span


def _line(values: Mapping[str, Any], measurement: Measurement) -> dict[str, Any]:
    """One field of a point: its time, its tags and the value."""
    tags = {tag: values[tag] for tag in measurement.tag_names if values.get(tag)}
    name, value = values["_field"], values["_value"]
    if measurement.field_types.get(name) is FieldType.STRING:
        # InfluxDB's CSV has CRLF for every newline, and nothing for an empty text.
        value = (value or "").replace("\r\n", "\n")
    return {"time": values["_time"], **tags, name: value}


def _merge(measurement: Measurement, lines: Path, file: Path) -> None:
    key = ", ".join(map(quoted, ("time", *measurement.tag_names)))
    fields = ", ".join(f"any_value({quoted(name)}) AS {quoted(name)}" for name in measurement.field_types)
    points = f"(SELECT {key}, {fields} FROM {json_lines(stored(measurement))} GROUP BY {key})"  # noqa: S608
    with duckdb.connect() as connection:
        copy(connection, select(columns(measurement), points), file, {"lines": str(lines)})
