"""Where there is no room for temporary files, that is what is said."""

import tempfile
from pathlib import Path

import pytest

from etl.errors import RetriableError
from etl.load.duckdb import DuckStore
from etl.pipeline.temporary_file import temporary_file


@pytest.fixture
def _no_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))


@pytest.mark.usefixtures("_no_folder")
def test_a_file_that_cannot_be_written_is_a_sentence() -> None:
    with pytest.raises(RetriableError, match="TMPDIR"), temporary_file(4) as file:
        file.write(b"more than four")


@pytest.mark.usefixtures("_no_folder")
async def test_so_it_is_for_the_embedded_store(tmp_path: Path) -> None:
    store = DuckStore(tmp_path / "store.duckdb")
    await store.prepare()
    with pytest.raises(RetriableError, match="TMPDIR"):
        await store.write([b"job,repository=a/b job_id=1i 1764000000000000000"])


def test_what_is_no_files_fault_stays_what_it_is() -> None:
    with pytest.raises(ConnectionResetError), temporary_file(4):
        raise ConnectionResetError
