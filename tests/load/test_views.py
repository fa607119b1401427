"""The embedded store's readable views, as somebody sees them who opens the file."""

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from structlog.testing import capture_logs

from etl.load.duckdb import DuckStore
from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.model.schema import MEASUREMENTS, Meaning, Measurement
from etl.model.tag_values import EMPTY, tag_value
from tests.queries.samples import points

VIEWS = {
    "runs": "workflow_run",
    "jobs": "job",
    "steps": "step",
    "test_reports": "test_report",
    "tests": "test",
    "failures": "failure",
    "flakes": "flake",
    "findings": "finding",
    "syncs": "etl",
}


def asked(store: DuckStore, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(store.address, read_only=True) as connection:
        return connection.execute(sql).fetchall()


def types(store: DuckStore, view: str) -> dict[str, str]:
    return {name: type_ for name, type_, *_ in asked(store, f"DESCRIBE {view}")}


def readable(point: Point, measurement: Measurement) -> dict[str, Any]:
    """What the view should have of a point, with times as Unix seconds."""
    row: dict[str, Any] = {"time": point.time // NANOSECONDS}
    for tag in measurement.tags:
        value = point.tags.get(tag.name)
        row[tag.name] = int(value) if tag.is_number and value else "" if value == EMPTY else value
    for field in measurement.fields:
        number: Any = point.fields.get(field.name)
        match field.meaning:
            case Meaning.MOMENT:
                number = number or None
            case Meaning.FLAG:
                number = None if number is None else bool(number)
            case Meaning.SECONDS:
                interval = None if number is None else timedelta(seconds=number)
                row[field.name.removesuffix("_s")] = interval
        row[field.name] = number
    return row


def found(store: DuckStore, view: str) -> list[dict[str, Any]]:
    """A view's rows, with times as Unix seconds: Python's datetimes take another package."""
    columns = types(store, view)
    is_time = {name for name, type_ in columns.items() if type_ == "TIMESTAMP WITH TIME ZONE"}
    listed = ", ".join(f'epoch("{name}")' if name in is_time else f'"{name}"' for name in columns)
    return [dict(zip(columns, row, strict=True)) for row in asked(store, f"SELECT {listed} FROM {view}")]  # noqa: S608


def in_order(rows: list[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    return sorted((sorted(row.items()) for row in rows), key=repr)


def test_each_measurement_has_a_view_that_nothing_else_is_called() -> None:
    assert {measurement.view: name for name, measurement in MEASUREMENTS.items()} == VIEWS
    assert not VIEWS.keys() & MEASUREMENTS.keys()


async def test_times_numbers_and_durations_are_what_they_are_called(duck: DuckStore) -> None:
    jobs, findings = types(duck, "jobs"), types(duck, "findings")
    assert jobs["time"] == findings["since"] == findings["until"] == "TIMESTAMP WITH TIME ZONE"
    assert (jobs["attempt"], jobs["job_id"], jobs["job"]) == ("BIGINT", "BIGINT", "VARCHAR")
    assert (jobs["duration_s"], jobs["duration"], jobs["queued"]) == ("DOUBLE", "INTERVAL", "INTERVAL")
    assert findings["sure"] == "BOOLEAN"
    assert list(jobs)[:2] == ["time", "repository"]


@pytest.mark.parametrize("view", VIEWS)
async def test_a_view_has_every_point_as_its_table_has_it(duck: DuckStore, view: str) -> None:
    measurement = MEASUREMENTS[VIEWS[view]]
    sent = points(7, 600)
    await duck.write([encode(point) for point in sent])
    expected = [readable(point, measurement) for point in sent if point.measurement == measurement.name]
    assert len(expected) > 10
    assert in_order(found(duck, view)) == in_order(expected)


async def test_an_empty_name_is_empty_and_one_that_looks_alike_is_not(duck: DuckStore) -> None:
    names = ["", "␛(empty)", "x␛(empty)", "'); DROP TABLE test; --", "\x1b[31mred", '"', "\\"]
    lines = [
        encode(Point("test", {"suite": tag_value(name), "test": "t"}, {"job_id": number}, number))
        for number, name in enumerate(names)
    ]
    await duck.write([*lines, encode(Point("test", {"test": "no suite"}, {"job_id": 99}, 99))])
    suites = [suite for (suite,) in asked(duck, "SELECT suite FROM tests ORDER BY job_id")]
    assert suites == ["", *map(tag_value, names[1:]), None]


@pytest.mark.parametrize("seconds", [1e300, -1e300, 1e18])
async def test_a_value_that_is_no_duration_or_time_is_null_and_no_error(
    duck: DuckStore, seconds: float
) -> None:
    await duck.write([encode(Point("job", {"attempt": "two"}, {"job_id": 1, "duration_s": seconds}, 1))])
    await duck.write([encode(Point("finding", {}, {"finding_id": "a", "since": 2**63 - 1}, 1))])
    assert asked(duck, "SELECT attempt, duration_s, duration FROM jobs") == [(None, seconds, None)]
    assert asked(duck, "SELECT epoch(since) FROM findings") == [(None,)]


async def test_times_mean_the_same_in_every_zone(duck: DuckStore) -> None:
    await duck.write([b"job job_id=1i 1767225600417352918"])
    with duckdb.connect(duck.address, read_only=True) as connection:
        for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
            connection.execute(f"SET TimeZone = '{zone}'")
            same = "SELECT count(*) FROM jobs WHERE time = '2026-01-01T00:00:00Z'::TIMESTAMPTZ"
            assert connection.execute(same).fetchall() == [(1,)]
            assert connection.execute("FROM jobs SELECT epoch(time)").fetchall() == [(1767225600,)]


async def test_views_and_columns_say_what_they_are(duck: DuckStore) -> None:
    views = dict(asked(duck, "SELECT view_name, comment FROM duckdb_views() WHERE NOT internal"))
    assert views.keys() == VIEWS.keys()
    assert views["tests"] == "ci-health: one row per result of a test"
    columns = asked(duck, "SELECT table_name, column_name, comment FROM duckdb_columns()")
    told = {(table, name): comment for table, name, comment in columns if table in VIEWS}
    assert all(told.values())
    assert told["jobs", "queued"] == "`queued_s` as an interval"
    for measurement in MEASUREMENTS.values():
        documented = {one.name: one.doc for one in measurement.tags} | {
            one.name: one.doc for one in measurement.fields
        }
        for name, doc in documented.items():
            assert told[measurement.view, name] == doc


async def old(path: Path, *statements: str) -> DuckStore:
    """A file with these statements executed, then prepared."""
    with duckdb.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    store = DuckStore(path)
    await store.prepare()
    return store


async def test_an_older_file_gets_views_and_what_they_lack(tmp_path: Path) -> None:
    store = await old(
        tmp_path / "old.duckdb",
        "CREATE TABLE job (time BIGINT, job VARCHAR, job_id BIGINT)",
        "INSERT INTO job VALUES (5000000000, 'unit', 1)",
        "CREATE VIEW jobs AS SELECT job_id FROM job",
        "COMMENT ON VIEW jobs IS 'ci-health: as an older version had it'",
    )
    assert asked(store, "SELECT epoch(time), job, job_id, queued FROM jobs") == [(5, "unit", 1, None)]
    assert asked(store, "SELECT count(*) FROM tests") == [(0,)]


@pytest.mark.parametrize(
    "own",
    [
        "CREATE TABLE Runs (x BIGINT)",
        "CREATE VIEW runs AS SELECT 1 AS x",
        "CREATE VIEW RUNS AS SELECT 2 AS x",
    ],
)
async def test_what_somebody_called_the_same_is_left_alone_and_reported(tmp_path: Path, own: str) -> None:
    with capture_logs() as logs:
        store = await old(tmp_path / "own.duckdb", own)
        await store.write([b"job job_id=1i 1"])
    assert types(store, "runs").keys() == {"x"}
    assert asked(store, "SELECT job_id FROM jobs") == [(1,)]
    (told,) = logs
    assert told["names"] == ["runs"]


async def test_a_schema_of_somebodys_own_is_no_matter(tmp_path: Path) -> None:
    store = await old(tmp_path / "own.duckdb", "CREATE SCHEMA mine", "CREATE TABLE mine.jobs (x BIGINT)")
    assert (
        asked(store, "SELECT count(*) FROM jobs") == asked(store, "SELECT count(*) FROM mine.jobs") == [(0,)]
    )


async def test_preparing_again_changes_nothing(duck: DuckStore) -> None:
    def digest() -> str:
        return hashlib.sha256(Path(duck.address).read_bytes()).hexdigest()

    before = digest()
    await duck.prepare()
    assert digest() == before
