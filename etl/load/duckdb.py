"""The embedded store: a DuckDB file with one table for each measurement.

Columns are the tags (VARCHAR, null where a point lacks one), the fields, and `time` (BIGINT, Unix
nanoseconds: as exact as the points, and without a zone to get wrong). Beside each table is a view with
readable types. As in InfluxDB a point is what its tags and time say, and the same point written again is the
union of its fields.

Statements are built only from names in the schema; values are bound.
"""

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import structlog

from etl.errors import DataError
from etl.load.duckdb_file import DuckFile
from etl.load.duckdb_tables import prepare, stored
from etl.load.line_parser import parse
from etl.load.parquet import copy, json_lines
from etl.load.readable import columns, quoted, select
from etl.load.retractions import in_order, retracted
from etl.load.store import Slice
from etl.model.points import Point
from etl.model.schema import ETL, MEASUREMENTS, Measurement
from etl.model.writes import Rejected, Row, WriteResult
from etl.queries.catalogue import question

log = structlog.get_logger(__name__)


class DuckStore:
    """A DuckDB file as a Store. `lock_timeout_s` is how long to wait for another process, in seconds."""

    def __init__(self, path: Path, *, lock_timeout_s: float = 30.0) -> None:
        self._file = DuckFile(path, lock_timeout_s)

    @property
    def address(self) -> str:
        """The file, by its absolute path."""
        return str(self._file.path.absolute())

    async def prepare(self) -> None:
        """Create the file, readable only by its owner, and any missing tables, columns and views."""
        taken = await self._file.writing(prepare)
        if taken:
            log.warning(
                "readable views are left out: the store has tables or views of yours by these names",
                store=self.address,
                names=taken,
            )

    @property
    def is_missing(self) -> bool:
        """Whether there is no file."""
        return not self._file.path.exists()

    async def probe(self) -> None:
        """Open the file for reading."""
        await self._file.reading(lambda connection: connection.execute("SELECT 1"))

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        """Write lines and retract points, in order; consecutive lines of one kind are one transaction.

        Lines that cannot be parsed are rejected.
        """
        accepted, rejected = 0, []
        for takes_back, some in in_order(lines):
            change = _take_back if takes_back else _upsert
            points, wrong = await asyncio.to_thread(_parsed, [*map(retracted, some)] if takes_back else some)
            if points:
                await self._file.writing(partial(change, points=points))
            accepted += sum(map(len, points.values()))
            rejected += wrong
        return WriteResult(accepted, tuple(rejected))

    async def query(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Rows of `etl/queries/NAME.sql`; if the file is missing, the answer of an empty store."""
        asked = question(name)
        bound = {name: _bindable(value) for name, value in asked.bound(parameters).items()}
        return asked.normalised(
            await self._file.reading(lambda connection: _rows(connection, asked.sql, bound))
        )

    async def export(self, wanted: Slice, file: Path) -> None:
        """Write points as a Parquet file, in readable types; DuckDB streams them, whatever their number."""
        measurement = wanted.measurement
        conditions = ["time >= $start", "time < $stop", *(f"{quoted(tag)} = ${tag}" for tag in wanted.tags)]
        points = f"(FROM {measurement.name} WHERE {' AND '.join(conditions)})"
        bound = {"start": _nanoseconds(wanted.start), "stop": _nanoseconds(wanted.stop), **wanted.tags}
        await self._file.reading(
            lambda connection: copy(connection, select(columns(measurement), points), file, bound)
        )

    async def delete(self, repository: str, start: datetime, stop: datetime) -> None:
        """Delete a repository's points with start ≤ time < stop, of every measurement but `etl`."""
        bound = [repository, _nanoseconds(start), _nanoseconds(stop)]
        await self._file.writing(lambda connection: _delete(connection, bound))

    async def oldest(self) -> int:
        """0: the file has no retention."""
        return 0

    async def close(self) -> None:
        """Free the memory; the file is closed between operations."""
        self._file.close()


def _parsed(lines: Sequence[bytes]) -> tuple[dict[str, list[Point]], list[Rejected]]:
    points: dict[str, list[Point]] = {}
    rejected = []
    for line in lines:
        try:
            point = parse(line)
        except DataError as error:
            rejected.append(Rejected(line, str(error)))
        else:
            points.setdefault(point.measurement, []).append(point)
    return points, rejected


def _upsert(connection: duckdb.DuckDBPyConnection, points: Mapping[str, Sequence[Point]]) -> None:
    connection.begin()
    for name, group in points.items():
        _upsert_into(connection, MEASUREMENTS[name], group)
    connection.commit()


def _take_back(connection: duckdb.DuckDBPyConnection, points: Mapping[str, Sequence[Point]]) -> None:
    connection.begin()
    for name, group in points.items():
        for point in group:
            same = " AND ".join(f"{tag} IS NOT DISTINCT FROM ?" for tag in MEASUREMENTS[name].tag_names)
            values = [point.tags.get(tag) for tag in MEASUREMENTS[name].tag_names]
            connection.execute(f"DELETE FROM {name} WHERE time = ? AND {same}", [point.time, *values])  # noqa: S608
    connection.commit()


def _upsert_into(
    connection: duckdb.DuckDBPyConnection, measurement: Measurement, points: Sequence[Point]
) -> None:
    name, keys = measurement.name, ("time", *measurement.tag_names)
    key = ", ".join(keys)
    same = " AND ".join(f"old.{column} IS NOT DISTINCT FROM new.{column}" for column in keys)
    # For equal points the later one wins, field by field: arg_max ignores nulls.
    merged = ", ".join(f"arg_max({field}, rank) AS {field}" for field in measurement.field_types)
    _stage(connection, measurement, points)
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE merged AS
        SELECT {key}, {merged}
        FROM (
          SELECT * FROM staged
          UNION ALL BY NAME
          SELECT *, -1 AS rank FROM {name} AS old
          WHERE time BETWEEN (SELECT min(time) FROM staged) AND (SELECT max(time) FROM staged)
            AND EXISTS (SELECT 1 FROM staged AS new WHERE {same})
        )
        GROUP BY {key}
        """  # noqa: S608
    )
    connection.execute(f"DELETE FROM {name} AS old USING merged AS new WHERE {same}")  # noqa: S608
    connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM merged")  # noqa: S608


def _stage(connection: duckdb.DuckDBPyConnection, measurement: Measurement, points: Sequence[Point]) -> None:
    """Load points into the table `staged` through a file: inserting row by row takes a hundred times as long."""
    types = {**stored(measurement), "rank": "BIGINT"}
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", suffix=".ndjson") as file:
        for rank, point in enumerate(points):
            row = {"time": point.time, "rank": rank, **point.tags, **point.fields}
            file.write(json.dumps(row) + "\n")
        file.flush()
        connection.execute(
            f"CREATE OR REPLACE TEMP TABLE staged AS FROM {json_lines(types)}", {"lines": file.name}
        )


def _rows(connection: duckdb.DuckDBPyConnection, sql: str, bound: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor = connection.execute(sql, bound)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _delete(connection: duckdb.DuckDBPyConnection, bound: Sequence[Any]) -> None:
    connection.begin()
    for name in MEASUREMENTS.keys() - {ETL.name}:
        connection.execute(
            f"DELETE FROM {name} WHERE repository = ? AND time >= ? AND time < ?",  # noqa: S608
            bound,
        )
    connection.commit()


def _bindable(value: Any) -> Any:
    match value:
        case datetime():
            return _nanoseconds(value)
        case timedelta():
            return value // timedelta(microseconds=1) * 1_000
    return value


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1_000
