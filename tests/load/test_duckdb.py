"""The embedded store, with a second process where it matters."""

import asyncio
import json
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from etl.errors import FatalError, RetriableError
from etl.load.duckdb import DuckStore
from etl.load.line_encoder import encode
from etl.model.points import NANOSECONDS, Point
from etl.model.schema import ETL, MEASUREMENTS, Measurement
from etl.queries import QUESTIONS
from tests.load.stores import always, in_order
from tests.queries.samples import NASTY, SPAN, points

# Opens the file for writing, says so, and closes it after the seconds it is given.
HOLD = """
import duckdb, sys, time
with duckdb.connect(sys.argv[1]):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


# Commits, and dies before the log is merged into the file.
CRASH = """
import duckdb, os, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("INSERT INTO job (time, job, job_id) VALUES (7, 'unit', 1)")
connection.begin()
connection.execute("INSERT INTO job (time, job, job_id) VALUES (8, 'unit', 2)")
os.kill(os.getpid(), 9)
"""


def rows(path: Path, measurement: Measurement) -> list[Point]:
    """The points of a table, in order of time."""
    with duckdb.connect(path, read_only=True) as connection:
        cursor = connection.execute(f"SELECT * FROM {measurement.name} ")  # noqa: S608
        names = [column[0] for column in cursor.description or ()]
        found = [
            {n: v for n, v in zip(names, row, strict=True) if v is not None} for row in cursor.fetchall()
        ]
    points = [
        Point(
            measurement.name,
            {name: row[name] for name in measurement.tag_names if name in row},
            {name: row[name] for name in measurement.field_types if name in row},
            row["time"],
        )
        for row in found
    ]
    return sorted(points, key=in_order)


def hold(path: Path, seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def crash(path: Path) -> None:
    assert subprocess.run([sys.executable, "-c", CRASH, str(path)], check=False).returncode == -9


def path_of(store: DuckStore) -> Path:
    return Path(store.address)


async def test_points_come_back_as_they_were(duck: DuckStore) -> None:
    sent = points(5, 500)
    result = await duck.write([encode(point) for point in sent])
    assert (result.accepted, result.rejected) == (len(sent), ())
    for measurement in MEASUREMENTS.values():
        expected = [point for point in sent if point.measurement == measurement.name]
        assert rows(path_of(duck), measurement) == sorted(expected, key=in_order)


async def test_nasty_strings_come_back(duck: DuckStore) -> None:
    texts = [*NASTY, "a\nb\r\nc\\", "", "2026-01-01", "1e5", "null", "\x01\u2028\U0001f680", "[1, {}]"]
    sent = [
        Point("failure", {"job": NASTY[number % len(NASTY)]}, {"message": text}, number)
        for number, text in enumerate(texts)
    ]
    await duck.write([encode(point) for point in sent])
    assert rows(path_of(duck), MEASUREMENTS["failure"]) == sent


async def test_numbers_come_back_exactly(duck: DuckStore) -> None:
    sent = [
        Point("job", {}, {"job_id": 2**63 - 1, "run_id": -(2**63), "duration_s": 0.1 + 0.2}, 2**63 - 1),
        Point("job", {}, {"job_id": 2**53 + 1, "duration_s": 5e-324}, -(2**63)),
    ]
    await duck.write([encode(point) for point in sent])
    assert rows(path_of(duck), MEASUREMENTS["job"]) == sent[::-1]


async def test_writing_twice_is_writing_once(duck: DuckStore) -> None:
    sent = points(6, 300)
    lines = [encode(point) for point in sent]
    await duck.write(lines)
    before = {name: rows(path_of(duck), measurement) for name, measurement in MEASUREMENTS.items()}
    await duck.write([*lines, *lines[:50]])
    assert {name: rows(path_of(duck), m) for name, m in MEASUREMENTS.items()} == before


async def test_equal_points_are_the_union_of_their_fields(duck: DuckStore) -> None:
    def line(**fields: float | str) -> bytes:
        return encode(Point("job", {"job": "unit"}, fields, 7))

    await duck.write([line(job_id=1, url="old", duration_s=1.5)])
    await duck.write([line(job_id=2, url="new"), line(job_id=3)])
    assert rows(path_of(duck), MEASUREMENTS["job"]) == [
        Point("job", {"job": "unit"}, {"job_id": 3, "url": "new", "duration_s": 1.5}, 7)
    ]


async def test_a_line_that_cannot_be_parsed_is_isolated(duck: DuckStore) -> None:
    result = await duck.write([b"job job_id=1i 1", b"job job_id=what 2", b"job job_id=3i 3"])
    assert result.accepted == 2
    assert [rejected.line for rejected in result.rejected] == [b"job job_id=what 2"]


async def test_delete_takes_one_repository_and_span(duck: DuckStore) -> None:
    start, stop = datetime.fromtimestamp(100, UTC), datetime.fromtimestamp(200, UTC)
    times = [100 * NANOSECONDS - 1, 100 * NANOSECONDS, 200 * NANOSECONDS - 1, 200 * NANOSECONDS]
    for name, measurement in MEASUREMENTS.items():
        await duck.write(
            [
                encode(Point(name, {"repository": repository}, always(measurement), moment))
                for repository in ("a/b", "kept/one")
                for moment in times
            ]
        )
    await duck.delete("a/b", start, stop)
    for name, measurement in MEASUREMENTS.items():
        left = [point.time for point in rows(path_of(duck), measurement) if point.tags["repository"] == "a/b"]
        assert left == (times if name == ETL.name else [times[0], times[3]])
        assert len(rows(path_of(duck), measurement)) == len(left) + 4


async def test_a_missing_file_answers_as_an_empty_one(duck: DuckStore, tmp_path: Path) -> None:
    missing = DuckStore(tmp_path / "no" / "such.duckdb")
    for name in QUESTIONS:
        assert json.dumps(await missing.query(name, SPAN)) == json.dumps(await duck.query(name, SPAN))
    assert not (tmp_path / "no").exists()


async def test_the_file_is_its_owners_alone(duck: DuckStore) -> None:
    await duck.write([b"job job_id=1i 1"])
    assert stat.S_IMODE(path_of(duck).stat().st_mode) == 0o600
    assert list(path_of(duck).parent.iterdir()) == [path_of(duck)]


async def test_writing_needs_no_preparation(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "new" / "store.duckdb")
    assert (await store.write([b"job job_id=1i 1"])).accepted == 1
    assert len(rows(path_of(store), MEASUREMENTS["job"])) == 1


async def test_prepare_adds_what_an_older_file_lacks(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("CREATE TABLE job (time BIGINT, job VARCHAR, job_id BIGINT)")
        connection.execute("INSERT INTO job VALUES (1, 'unit', 1)")
    store = DuckStore(path)
    await store.prepare()
    await store.write([encode(Point("job", {"job": "unit"}, {"job_id": 1, "url": "u"}, 1))])
    assert rows(path, MEASUREMENTS["job"]) == [Point("job", {"job": "unit"}, {"job_id": 1, "url": "u"}, 1)]


async def test_readers_and_writers_wait_for_another_process(duck: DuckStore) -> None:
    for work in (duck.write([b"job job_id=1i 1"]), duck.query("jobs", SPAN)):
        process = hold(path_of(duck), 0.5)
        await work
        process.communicate()


async def test_a_file_that_stays_locked_is_retriable(duck: DuckStore) -> None:
    process = hold(path_of(duck), 60)
    impatient = DuckStore(path_of(duck), lock_timeout_s=0.2)
    for work in (impatient.write([b"job job_id=1i 1"]), impatient.query("jobs", SPAN)):
        with pytest.raises(RetriableError, match=r"store\.duckdb is in use"):
            await work
    process.kill()
    process.communicate()


async def test_what_a_killed_process_committed_is_there(duck: DuckStore) -> None:
    crash(path_of(duck))
    await duck.query("jobs", SPAN)
    assert [point.time for point in rows(path_of(duck), MEASUREMENTS["job"])] == [7]
    await duck.write([b"job job_id=3i 9"])
    assert [point.time for point in rows(path_of(duck), MEASUREMENTS["job"])] == [7, 9]


async def test_two_stores_in_one_process_share_the_file(duck: DuckStore) -> None:
    other = DuckStore(path_of(duck))
    started = time.time_ns()
    async with asyncio.TaskGroup() as group:
        for number in range(5):
            group.create_task(duck.write([b"job job_id=1i %d" % (started + number)]))
            group.create_task(other.query("overview", SPAN))
    assert len(rows(path_of(duck), MEASUREMENTS["job"])) == 5


async def test_a_file_that_this_process_has_open_elsewhere_is_waited_for(duck: DuckStore) -> None:
    impatient = DuckStore(path_of(duck), lock_timeout_s=0.2)
    with duckdb.connect() as elsewhere:
        elsewhere.execute(f"ATTACH '{path_of(duck)}' AS other")
        with pytest.raises(RetriableError, match=r"store\.duckdb is in use"):
            await impatient.write([b"job job_id=1i 1"])
        writing = asyncio.create_task(duck.write([b"job job_id=1i 1"]))
        await asyncio.sleep(0.1)
        elsewhere.execute("DETACH other")
        await writing


async def test_a_file_that_is_no_store_is_fatal(tmp_path: Path) -> None:
    path = tmp_path / "text.duckdb"
    path.write_text("this is no database")
    for work in (DuckStore(path).prepare(), DuckStore(path).query("jobs", SPAN)):
        with pytest.raises(FatalError, match=r"text\.duckdb"):
            await work


async def test_a_folder_that_cannot_be_is_fatal(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(FatalError, match="cannot be created"):
        await DuckStore(tmp_path / "file" / "store.duckdb").prepare()
