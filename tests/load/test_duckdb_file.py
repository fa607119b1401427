"""The file that is open only during an operation, whatever happens during one."""

import asyncio
import threading
from pathlib import Path

import duckdb
import pytest

from etl.errors import FatalError
from etl.load import duckdb_file
from etl.load.duckdb_file import DuckFile
from tests.waiting import HANGS_S

COUNT = "SELECT count(*) FROM workflow_run"


def counted(connection: duckdb.DuckDBPyConnection) -> list[tuple[int]]:
    return connection.execute(COUNT).fetchall()


@pytest.fixture
def file(tmp_path: Path) -> DuckFile:
    return DuckFile(tmp_path / 'it\'s a "store".duckdb', HANGS_S)


async def test_a_missing_file_reads_as_an_empty_one_and_stays_missing(file: DuckFile) -> None:
    assert await file.reading(counted) == [(0,)]
    assert not file.path.exists()


async def test_it_is_open_only_during_an_operation(file: DuckFile) -> None:
    await file.writing(counted)
    with duckdb.connect(file.path) as another:
        assert counted(another) == [(0,)]
    assert await file.reading(counted) == [(0,)]


async def test_reading_changes_nothing(file: DuckFile) -> None:
    await file.writing(counted)
    with pytest.raises(FatalError, match="read-only"):
        await file.reading(lambda connection: connection.execute("DELETE FROM workflow_run"))
    assert await file.reading(counted) == [(0,)]


async def test_what_an_operation_leaves_open_ends_with_it(file: DuckFile) -> None:
    def begin_and_fail(connection: duckdb.DuckDBPyConnection) -> None:
        connection.begin()
        connection.execute("INSERT INTO workflow_run (time) VALUES (1)")
        connection.execute("CREATE TEMP TABLE mine (x INT)")
        raise duckdb.InvalidInputException("no more")

    with pytest.raises(FatalError, match="no more"):
        await file.writing(begin_and_fail)
    assert await file.writing(counted) == [(0,)]
    with pytest.raises(FatalError, match="mine"):
        await file.writing(lambda connection: connection.execute("FROM mine"))


async def test_it_can_be_closed_and_used_while_a_cancelled_operation_is_under_way(file: DuckFile) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def hold(connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute("INSERT INTO workflow_run (time) VALUES (1)")
        begun.set()
        may_end.wait(HANGS_S)
        connection.execute("INSERT INTO workflow_run (time) VALUES (2)")

    held = asyncio.create_task(file.writing(hold))
    await asyncio.to_thread(begun.wait, HANGS_S)
    held.cancel()
    next_one = asyncio.create_task(file.reading(counted))
    await asyncio.sleep(0.1)
    file.close()
    assert not next_one.done()
    may_end.set()
    assert await next_one == [(2,)]


async def test_what_needs_more_memory_goes_through_files_and_leaves_none(
    file: DuckFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duckdb_file, "_MAX_MEMORY", "32MiB")
    await file.writing(counted)
    spilled = (
        "SELECT max(current_setting('memory_limit')), count(DISTINCT size) > 0 FROM duckdb_temporary_files()"
    )

    def sort(connection: duckdb.DuckDBPyConnection) -> tuple[list[tuple[int, int]], list[tuple[str, bool]]]:
        connection.execute(
            "CREATE TEMP TABLE sorted AS SELECT hash(i) AS h FROM range(4_000_000) t(i) ORDER BY h"
        )
        found = connection.execute(spilled).fetchall()
        return connection.execute("SELECT count(*), min(h) FROM sorted").fetchall(), found

    (row,), (limit,) = await file.reading(sort)
    assert row[0] == 4_000_000
    assert limit == ("32.0 MiB", True)
    file.close()
    assert [path.name for path in file.path.parent.iterdir()] == [file.path.name]
