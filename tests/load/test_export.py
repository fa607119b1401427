"""Exports of both stores: the same Parquet file of the same points, read back by what others read it with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from etl.errors import FatalError
from etl.load.duckdb import DuckStore
from etl.load.influx_export import next_span
from etl.load.influxdb import InfluxStore
from etl.load.line_encoder import encode
from etl.load.parquet import opened, write_answer
from etl.load.store import Slice, Store
from etl.model.points import Point
from etl.model.schema import MEASUREMENTS
from etl.queries import QUESTIONS, question
from tests.load.test_views import in_order, readable
from tests.queries.samples import NASTY, SPAN, START, STOP, points
from tests.selection import every_nth

EVERYTHING = (START - timedelta(days=30), STOP + timedelta(days=3))


def content(file: Path) -> list[dict[str, Any]]:
    """A Parquet file's rows, with times as Unix seconds."""
    with duckdb.connect() as connection:
        columns = connection.execute("DESCRIBE FROM read_parquet($file)", {"file": str(file)}).fetchall()
        listed = ", ".join(
            f'epoch("{name}")' if type_ == "TIMESTAMP WITH TIME ZONE" else f'"{name}"'
            for name, type_, *_ in columns
        )
        rows = connection.execute(f"SELECT {listed} FROM read_parquet($file)", {"file": str(file)}).fetchall()  # noqa: S608
    return [{column[0]: value for column, value in zip(columns, row, strict=True)} for row in rows]


def expected(sent: list[Point], wanted: Slice) -> list[dict[str, Any]]:
    """The points of a slice as an export should have them: intervals are for people."""
    chosen = [
        point
        for point in sent
        if point.measurement == wanted.measurement.name
        and wanted.start.timestamp() * 1e9 <= point.time < wanted.stop.timestamp() * 1e9
        and wanted.tags.items() <= point.tags.items()
    ]
    names = {"time", *wanted.measurement.tag_names, *wanted.measurement.field_types}
    rows = [readable(point, wanted.measurement) for point in chosen]
    return [{name: value for name, value in row.items() if name in names} for row in rows]


@pytest.mark.parametrize("name", MEASUREMENTS)
async def test_every_point_is_exported_as_it_is(duck: DuckStore, tmp_path: Path, name: str) -> None:
    sent = points(8, 600)
    await duck.write([encode(point) for point in sent])
    wanted = Slice(MEASUREMENTS[name], *EVERYTHING, {})
    await duck.export(wanted, tmp_path / "all.parquet")
    assert content(tmp_path / "all.parquet")
    assert in_order(content(tmp_path / "all.parquet")) == in_order(expected(sent, wanted))


async def test_influxdb_exports_the_same(influx: InfluxStore, tmp_path: Path) -> None:
    sent = points(8, 600)
    await influx.write([encode(point) for point in sent])
    for name, measurement in MEASUREMENTS.items():
        wanted = Slice(measurement, *EVERYTHING, {})
        file = tmp_path / f"{name}.parquet"
        await influx.export(wanted, file)
        assert in_order(content(file)) == in_order(expected(sent, wanted)), name


async def test_a_slice_has_a_period_and_names_however_odd(
    duck: DuckStore, influx: InfluxStore, tmp_path: Path
) -> None:
    stores: dict[str, Store] = {"duck": duck, "influx": influx}
    sent = points(9, 900)
    for store in stores.values():
        await store.write([encode(point) for point in sent])
    for number, job in enumerate(NASTY):
        wanted = Slice(MEASUREMENTS["job"], START, STOP, {"repository": "acme/rocket", "job": job})
        for name, store in stores.items():
            file = tmp_path / f"{name}'s {number}.parquet"
            await store.export(wanted, file)
            assert in_order(content(file)) == in_order(expected(sent, wanted))


async def test_an_export_of_nothing_has_the_columns(
    duck: DuckStore, influx: InfluxStore, tmp_path: Path
) -> None:
    stores: dict[str, Store] = {"duck": duck, "influx": influx}
    for name, store in stores.items():
        file = tmp_path / f"{name}.parquet"
        await store.export(Slice(MEASUREMENTS["finding"], START, STOP, {}), file)
        with opened(file) as table:
            assert table.names[:3] == ("time", "repository", "kind")
            assert "between" in table.names
            assert (table.count, list(table.batches)) == (0, [])


def test_influxdb_is_asked_for_more_or_less_at_once_by_what_came() -> None:
    day = timedelta(days=1)
    assert next_span(day, 0) == next_span(day, 20_000) == 2 * day
    assert (next_span(day, 60_000), next_span(day, 1_000_000)) == (day, day / 2)
    assert next_span(64 * day, 0) == 64 * day


async def test_points_of_one_second_stay_two(influx: InfluxStore, tmp_path: Path) -> None:
    sent = [
        Point("job", {"job": "unit"}, {"job_id": n, "url": ""}, 1767225600_000_000_000 + n) for n in (1, 2)
    ]
    await influx.write([encode(point) for point in sent])
    start = datetime.fromtimestamp(1767225600, UTC)
    await influx.export(
        Slice(MEASUREMENTS["job"], start, start + timedelta(seconds=1), {}), tmp_path / "two.parquet"
    )
    rows = content(tmp_path / "two.parquet")
    assert sorted((row["time"], row["job_id"], row["url"]) for row in rows) == [
        (1767225600, 1, ""),
        (1767225600, 2, ""),
    ]


@pytest.mark.parametrize("name", every_nth(4, QUESTIONS))
async def test_an_answer_keeps_its_columns_and_values(duck: DuckStore, tmp_path: Path, name: str) -> None:
    await duck.write([encode(point) for point in points(10, 400)])
    options = {"test": NASTY[0]} if name == "test_history" else {}
    rows = await duck.query(name, {**SPAN, **options})
    write_answer(question(name).columns, rows, tmp_path / "answer.parquet")
    with opened(tmp_path / "answer.parquet") as table:
        assert table.names == tuple(column.name for column in question(name).columns)
        read = [dict(zip(table.names, row, strict=True)) for batch in table.batches for row in batch]
    assert read == rows


async def test_a_large_export_is_read_in_batches(duck: DuckStore, tmp_path: Path) -> None:
    with duckdb.connect(duck.address) as connection:
        connection.execute(
            "INSERT INTO test (time, job_id, test) SELECT i, i, 'same' FROM range(12_000) t(i)"
        )
    wanted = Slice(MEASUREMENTS["test"], datetime.fromtimestamp(0, UTC), STOP, {})
    await duck.export(wanted, tmp_path / "many.parquet")
    with opened(tmp_path / "many.parquet") as table:
        sizes = [len(batch) for batch in table.batches]
    assert sum(sizes) == table.count == 12_000
    assert max(sizes) <= 5_000


async def test_a_store_that_is_missing_exports_nothing(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "no" / "such.duckdb")
    await store.export(Slice(MEASUREMENTS["job"], START, STOP, {}), tmp_path / "nothing.parquet")
    assert content(tmp_path / "nothing.parquet") == []
    assert not (tmp_path / "no").exists()


async def test_a_folder_that_cannot_be_written_is_a_clear_error(duck: DuckStore, tmp_path: Path) -> None:
    with pytest.raises(FatalError, match=r"the export cannot be written in .*absent"):
        await duck.export(Slice(MEASUREMENTS["job"], START, STOP, {}), tmp_path / "absent" / "x.parquet")
