"""A DuckDB file that is open only during an operation.

While one process may write, DuckDB lets no other process open the file. So the file is attached for each operation
and detached after it, and an operation that finds it locked tries again for a while. What it is attached to stays,
as starting DuckDB takes several times as long as attaching a file.
"""

import asyncio
import itertools
import os
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, TypeVar

import duckdb

from etl.errors import BusyError, FatalError, RetriableError
from etl.load.duckdb_tables import create_tables, prepare
from etl.load.readable import literal

_MAX_MEMORY: Final = "256MiB"
_MAX_THREADS: Final = 4

_T = TypeVar("_T")
_Work = Callable[[duckdb.DuckDBPyConnection], _T]


class DuckFile:
    """The file at `path`; operations wait up to `lock_timeout_s` seconds for another process."""

    def __init__(self, path: Path, lock_timeout_s: float) -> None:
        self.path = path
        self._lock_timeout_s = lock_timeout_s
        # Within a process, DuckDB refuses to open a file for reading while it is open for writing.
        self._turn = asyncio.Lock()
        self._engine: duckdb.DuckDBPyConnection | None = None
        # An operation whose caller was cancelled may be under way while the next one begins.
        self._names = (f"store_{number}" for number in itertools.count())

    async def writing(self, work: _Work[_T]) -> _T:
        """What `work` returns, given a connection that may write; creates the file if it is missing."""
        return await self._with_file(work, read_only=False)

    async def reading(self, work: _Work[_T]) -> _T:
        """What `work` returns, given a connection that reads; if the file is missing, an empty one in memory."""
        return await self._with_file(work, read_only=True)

    def close(self) -> None:
        """Free the memory, once what is under way has ended; the next operation starts anew."""
        self._engine = None

    async def _with_file(self, work: _Work[_T], *, read_only: bool) -> _T:
        deadline = time.monotonic() + self._lock_timeout_s
        async with self._turn:
            while True:
                try:
                    return await asyncio.to_thread(self._attach_and_do, work, read_only)
                except duckdb.Error as error:
                    if not _is_busy(error):
                        # An error that DuckDB calls fatal makes all that is attached unusable.
                        self.close()
                        raise FatalError(f"the embedded store {self.path} cannot be used: {error}") from error
                    if time.monotonic() >= deadline:
                        raise BusyError(
                            f"the embedded store {self.path} is in use by another process"
                        ) from error
                except OSError as error:
                    raise RetriableError(
                        f"the embedded store {self.path} cannot be written by way of a temporary file: "
                        f"{error.strerror}; free disk space, or set TMPDIR to another folder"
                    ) from error
                await asyncio.sleep(random.uniform(0.02, 0.2))  # noqa: S311

    def _configuration(self) -> dict[str, str | bool | int | float | list[str]]:
        """What a query may use; what needs more memory goes through files beside this one."""
        return {
            "memory_limit": _MAX_MEMORY,
            # Each thread has buffers of its own.
            "threads": min(os.cpu_count() or 1, _MAX_THREADS),
            "temp_directory": f"{self.path}.tmp",
        }

    def _attach_and_do(self, work: _Work[_T], read_only: bool) -> _T:
        is_missing = not self.path.exists()
        if is_missing and not read_only:
            _create(self.path)
        self._engine = self._engine or duckdb.connect(config=self._configuration())
        name = next(self._names)
        with self._engine.cursor() as engine:
            if is_missing and read_only:
                engine.execute(f"ATTACH ':memory:' AS {name}")
            else:
                mode = "READ_ONLY" if read_only else "READ_WRITE"
                engine.execute(f"ATTACH {literal(str(self.path))} AS {name} ({mode})")
            try:
                # A connection of its own: what it leaves open, such as a transaction, ends with it.
                with engine.cursor() as connection:
                    connection.execute(f"USE {name}")
                    # What takes two seconds would draw a bar into standard output.
                    connection.execute("SET enable_progress_bar = false")
                    if is_missing and read_only:
                        create_tables(connection)
                    return work(connection)
            finally:
                engine.execute(f"DETACH {name}")


def _create(path: Path) -> None:
    """Create the file and its folder, accessible only to their owner; the file appears with all its tables."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
            new = Path(folder, "new")
            with duckdb.connect(new) as connection:
                prepare(connection)
            new.chmod(0o600)
            with suppress(FileExistsError):
                path.hardlink_to(new)
    except OSError as error:
        raise FatalError(f"the embedded store {path} cannot be created: {error.strerror}") from error


def _is_busy(error: duckdb.Error) -> bool:
    """Whether another process has the file, or this one does: to read it while we write, or not quite closed."""
    if isinstance(error, duckdb.ResourceInUseException):
        return True
    return "Could not set lock" in str(error) or "different configuration" in str(error)
