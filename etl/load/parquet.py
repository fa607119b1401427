"""Parquet files: written from queries and from answers, and read back a batch at a time."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from etl.errors import FatalError
from etl.load.readable import MOMENT, quoted
from etl.model.writes import Row
from etl.queries.columns import Column, Type

_TYPES: Final = {
    Type.TEXT: "VARCHAR",
    Type.OPTIONAL: "VARCHAR",
    Type.COUNT: "BIGINT",
    Type.INTEGER: "BIGINT",
    Type.NUMBER: "DOUBLE",
    Type.MEASURED: "DOUBLE",
    Type.TIME: MOMENT,
}
_BATCH: Final = 5_000


@dataclass(frozen=True, slots=True)
class Content:
    """A file's columns, how many rows it has, and the rows as batches of tuples.

    Times are ISO 8601 text, UTC; everything else has Python's type for it.
    """

    names: tuple[str, ...]
    count: int
    batches: Iterator[Sequence[tuple[Any, ...]]]


def json_lines(types: Mapping[str, str]) -> str:
    """A source for queries: the file `$lines`, which has a JSON object a line, with columns of these types."""
    return f"read_json($lines, format = 'newline_delimited', columns = {dict(types)})"


def copy(connection: duckdb.DuckDBPyConnection, sql: str, file: Path, bound: Mapping[str, Any]) -> None:
    """Write what a query returns to a file, as a stream; what memory cannot hold goes to the file's folder.

    Raises FatalError if the file cannot be written.
    """
    connection.execute("SET temp_directory = $folder", {"folder": str(file.parent)})
    try:
        connection.execute(f"COPY ({sql}) TO $file (FORMAT parquet)", {**bound, "file": str(file)})
    except duckdb.IOException as error:
        raise FatalError(f"the export cannot be written in {file.parent}: {error}") from error


def write_answer(columns: Sequence[Column], rows: Iterable[Row], file: Path) -> None:
    """Write the answer to a question, with its columns in their types."""
    with (
        tempfile.NamedTemporaryFile("w", dir=file.parent, encoding="utf-8") as lines,
        duckdb.connect() as connection,
    ):
        lines.writelines(json.dumps(row) + "\n" for row in rows)
        lines.flush()
        source = json_lines({column.name: _TYPES[column.type] for column in columns})
        copy(connection, f"FROM {source}", file, {"lines": lines.name})


@contextmanager
def opened(file: Path) -> Iterator[Content]:
    """A Parquet file, to be read once within the context."""
    with duckdb.connect() as connection:
        bound = {"file": str(file)}
        described = connection.execute("DESCRIBE FROM read_parquet($file)", bound).fetchall()
        count = connection.execute("SELECT count(*) FROM read_parquet($file)", bound).fetchall()[0][0]
        listed = ", ".join(_printed(name, type_) for name, type_, *_ in described)
        cursor = connection.execute(f"SELECT {listed} FROM read_parquet($file)", bound)  # noqa: S608
        yield Content(tuple(row[0] for row in described), count, iter(lambda: cursor.fetchmany(_BATCH), []))


def _printed(name: str, type_: str) -> str:
    column = quoted(name)
    if type_ != "TIMESTAMP WITH TIME ZONE":
        return column
    return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%SZ') AS {column}"
