"""Both stores, fresh for one test."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.points import FieldValue, Point
from etl.model.schema import FieldType, Measurement
from etl.settings import InfluxSettings
from tests.influxd import Influxd
from tests.waiting import HANGS_S


def in_order(point: Point) -> tuple[int, list[tuple[str, str]]]:
    """Where a point stands: points of several kinds of evidence have the same time."""
    return point.time, sorted(point.tags.items())


def always(measurement: Measurement) -> dict[str, FieldValue]:
    """The one field that every point of a measurement has, with a value of its type."""
    is_text = measurement.field_types[measurement.always] is FieldType.STRING
    return {measurement.always: "m" if is_text else 1}


@dataclass(frozen=True)
class ReadBack:
    """Reads points from InfluxDB as they are, past the code under test."""

    influxd: Influxd
    bucket: str

    def __call__(self, measurement: Measurement) -> list[Point]:
        """All points of a measurement, in order of time."""
        points: dict[Any, Point] = {}
        for row in self._rows(measurement):
            tags = {name: row[name] for name in measurement.tag_names if row.get(name)}
            time = int(row["ns"])
            point = points.setdefault((row["ns"], *tags.items()), Point(measurement.name, tags, {}, time))
            point.fields[row["_field"]] = _typed(row["_value"], measurement.field_types[row["_field"]])
        return sorted(points.values(), key=in_order)

    def _rows(self, measurement: Measurement) -> list[dict[str, str]]:
        flux = f"""
            from(bucket: "{self.bucket}") |> range(start: 1970-01-01T00:00:00Z, stop: 2100-01-01T00:00:00Z)
                |> filter(fn: (r) => r._measurement == "{measurement.name}")
                |> toString()
                |> group()
                |> map(fn: (r) => ({{r with ns: string(v: int(v: r._time))}}))
                |> drop(columns: ["_start", "_stop", "_time"])
        """
        body = {"query": flux, "dialect": {"annotations": []}}
        answer = self.influxd.text("POST", f"/api/v2/query?org={self.influxd.org}", body)
        # InfluxDB's CSV turns every newline into CRLF.
        return list(csv.DictReader(io.StringIO(answer.replace("\r\n", "\n"), newline="")))


def _typed(value: str, type_: FieldType) -> FieldValue:
    if type_ is FieldType.STRING:
        return value
    return int(value) if type_ is FieldType.INTEGER else float(value)


@pytest.fixture
async def influx(influx_settings: InfluxSettings) -> AsyncIterator[InfluxStore]:
    """A store on a new bucket of the real InfluxDB."""
    store = InfluxStore(influx_settings, timeout_s=HANGS_S)
    await store.prepare()
    yield store
    await store.close()


@pytest.fixture
async def duck(tmp_path: Path) -> DuckStore:
    """A store on a new file."""
    store = DuckStore(tmp_path / "store.duckdb")
    await store.prepare()
    return store


@pytest.fixture
def read_back(influxd: Influxd, influx_settings: InfluxSettings) -> ReadBack:
    """Reads all points of a measurement, past the code under test, in order of time."""
    return ReadBack(influxd, influx_settings.bucket)
